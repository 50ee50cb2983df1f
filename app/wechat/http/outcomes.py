"""The one table of what Tencent's error codes mean for the caller; what is not in it is unknown, logged and counted.

Sources: "spec 1.8" is that section of the platform contract, which says how sure it is: [D] an official page, [S] a public SDK's source,
[C] an official answer in the community or a copy of a page, [K] common knowledge, to be verified. "mp", "ma" and "cp" are WxJava's copies
of Tencent's global lists for service accounts, mini-programs and WeCom (WxMpErrorMsgEnum, WxMaErrorMsgEnum, WxCpErrorMsgEnum).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from app.wechat.endpoints import Host
from app.wechat.errors import Outcome, WechatError

NOW, LATER, UNKNOWN = Outcome.retry_now, Outcome.retry_later, Outcome.unknown
# What is at fault: this person, message, order or other thing that the call names, or the account and how it is set up.
THIS, ACCOUNT = Outcome.permanent_person, Outcome.permanent_account


class Row(NamedTuple):
    """One code. `at` is the host or the path where alone it means this; the row without is for everywhere else."""

    code: str
    outcome: Outcome
    meaning: str
    source: str
    at: str = ""


ROWS = (
    # Calls as such
    Row("-1", NOW, "the system is busy", "spec 1.1 [D]"),
    Row(
        "40001", LATER, "the token was refused twice: a fresh one is not known everywhere yet, or may not be forced so soon", "spec 1.2 [S]"
    ),
    Row("40014", LATER, "the same, of a token of another form", "spec 1.2 [S], 4.1"),
    Row("42001", LATER, "the same, of a token that has expired", "spec 1.2 [S], 4.1"),
    Row("45009", LATER, "the quota of the day or the minute is used up", "spec 1.2 [S], 1.6 [D], 4.1 [S]"),
    Row("45011", LATER, "too many calls in this minute", "spec 1.1 [D]"),
    Row("45033", LATER, "too many calls at once", "spec 4.1 [S]"),
    Row("44990", LATER, "too many calls in this second", "spec 1.7 [K]"),
    Row("40002", ACCOUNT, "grant_type", "mp"),
    Row("40013", ACCOUNT, "appid or corpid, or a mini-program that is not linked", "spec 1.2 [S], 2.3, 4.1"),
    Row("40091", ACCOUNT, "the secret is another corp's", "spec 4.1 [S]"),
    Row("40125", ACCOUNT, "the secret", "spec 1.2 [S]"),
    Row("40164", ACCOUNT, "our address is not on the account's list", "spec 1.2 [S]"),
    Row("60020", ACCOUNT, "our address is not on the corp's list", "spec 4.4 [C]"),
    Row("40243", ACCOUNT, "the secret is frozen", "spec 1.2 [K]"),
    Row("89503", ACCOUNT, "our address waits for the administrator's consent", "spec 1.2 [K]"),
    Row("89506", ACCOUNT, "the administrator refused our address twice: not again within 24 hours", "spec 1.2 [K]"),
    Row("89507", ACCOUNT, "the administrator refused our address: not again within an hour", "spec 1.2 [K]"),
    Row("48001", ACCOUNT, "the account may not call this", "spec 1.2 [S]"),
    Row("48001", THIS, "she was not asked for her name and picture", "spec 2.1 [K]", at="/sns/userinfo"),
    Row("48002", ACCOUNT, "the application may not call this", "spec 4.2 [S]"),
    Row("48002", THIS, "she has turned the account's messages off", "mp", at=Host.api),
    Row("48004", ACCOUNT, "banned from calling this", "spec 1.2 [S]"),
    Row("50001", ACCOUNT, "the account was not given this", "mp"),
    Row("50002", ACCOUNT, "the account is restricted, maybe for a violation", "spec 1.2 [S]"),
    Row("50002", THIS, "a member outside the application's sight", "cp", at=Host.work),
    Row("50003", ACCOUNT, "the application is switched off", "spec 4.2 [S]"),
    Row("40056", ACCOUNT, "agentid", "spec 4.2 [S]"),
    Row("41011", ACCOUNT, "agentid is missing", "spec 4.2 [S]"),
    Row("301002", ACCOUNT, "the token is another application's", "spec 4.2 [S]"),
    Row("41001", ACCOUNT, "the token is missing", "spec 1.2 [S]"),
    Row("41002", ACCOUNT, "appid or corpid is missing", "spec 1.1 [S]"),
    Row("41003", ACCOUNT, "refresh_token is missing", "mp"),
    Row("41004", ACCOUNT, "the secret is missing", "spec 1.1 [S]"),
    Row("41008", THIS, "the code is missing", "spec 1.1 [S]"),
    Row("41009", THIS, "openid or userid is missing", "mp, cp"),
    Row("43001", ACCOUNT, "wants GET", "mp"),
    Row("43002", ACCOUNT, "wants POST", "mp"),
    Row("44002", ACCOUNT, "no body", "mp"),
    Row("48006", LATER, "the quotas were reset as often as they may be this month", "ma, mp"),
    Row("76021", ACCOUNT, "no such address to ask the quota of", "ma"),
    Row("76022", ACCOUNT, "an address of another kind of account", "ma"),
    Row("45109", ACCOUNT, "this address is no more", "spec 2.3"),
    Row("40033", THIS, r"characters, or \u escapes", "spec, general [S]"),
    Row("40035", THIS, "a parameter", "mp, cp"),
    Row("40058", THIS, "a parameter, a response_code that is used up among them", "spec 4.2 [S]"),
    Row("40063", THIS, "a parameter is empty", "cp"),
    Row("40097", THIS, "a parameter", "spec 1.6 [D], ma"),
    Row("47001", THIS, "the JSON, or the type of a field in it", "spec 1.12 [C], mp"),
    # Who she is
    Row("40003", THIS, "openid or userid", "spec 1.8 [D], 4.2 [S]"),
    Row("40029", THIS, "the code", "spec 1.1 [D]"),
    Row("40163", THIS, "the code was used", "spec 1.1 [S]"),
    Row("42003", THIS, "the code has expired", "spec 2.1 [K], mp"),
    Row("40226", THIS, "she is blocked for a risk", "spec 1.1 [D]"),
    Row("40030", THIS, "refresh_token: she has to log in again", "mp"),
    Row("42002", THIS, "refresh_token has expired: she has to log in again", "mp"),
    Row("42007", THIS, "she changed her password: she has to log in again", "mp"),
    Row("40001", ACCOUNT, "the secret", "mp, ma", at="/sns/jscode2session"),
    Row("40001", ACCOUNT, "the secret", "mp", at="/sns/oauth2/access_token"),
    Row("40001", THIS, "her token, which is not the account's: refresh it", "spec 2.1 [K]", at="/sns/userinfo"),
    Row("40014", THIS, "her token, which is not the account's: refresh it", "spec 2.1 [K]", at="/sns/userinfo"),
    Row("42001", THIS, "her token has expired: refresh it", "spec 2.1 [K]", at="/sns/userinfo"),
    Row("10003", ACCOUNT, "the domain of redirect_uri; her browser is shown it", "spec 2.1 [K]"),
    Row("40094", THIS, "user_ticket", "[K]"),
    Row("84014", THIS, "user_ticket has expired", "cp"),
    Row("84015", THIS, "user_ticket", "cp"),
    Row("87007", THIS, "she has no session key", "[K]"),
    Row("87008", ACCOUNT, "sig_method", "[K]"),
    Row("87009", THIS, "the session key is an old one", "spec 1.4 [K]"),
    Row("61010", THIS, "she was not in the mini-program within two hours", "spec 1.9 [K]"),
    Row("89002", ACCOUNT, "bound to no open-platform account", "ma"),
    Row("89300", THIS, "no such payment, or more than five minutes ago", "ma"),
    # Messages to her
    Row("43004", THIS, "does not follow", "spec 2.3, mp"),
    Row("43019", THIS, "blacklisted", "spec 2.3 [S]"),
    Row("43101", THIS, "she refused, or what she allowed is used up", "spec 1.8 [D]"),
    Row("45015", THIS, "too long since she did something", "spec 1.10 [D]"),
    Row("45047", THIS, "that many messages have been sent since she did something", "spec 1.10 [D]"),
    Row("43117", LATER, "too often to this person", "spec 2.3 [C]"),
    Row("47003", THIS, "a value is empty or breaks the rule of its type", "spec 1.8 [D]"),
    Row("44004", THIS, "no content", "spec 4.2 [S]"),
    Row("45002", THIS, "the content is too long", "spec 1.10, 4.2 [S]"),
    Row("45008", THIS, "too many articles, or too many of something else", "mp, cp"),
    Row("40007", THIS, "media_id", "mp, ma, cp"),
    Row("40008", ACCOUNT, "msgtype", "spec 4.2 [S]"),
    Row("40036", ACCOUNT, "no template_id", "spec 2.3"),
    Row("40037", ACCOUNT, "template_id", "spec 1.8 [D], 2.3"),
    Row("43116", ACCOUNT, "the template was withdrawn with its category", "spec 2.3 [K]"),
    Row("43107", ACCOUNT, "banned from subscribe messages", "spec 1.8 [K]"),
    Row("41030", ACCOUNT, "the page is not published", "spec 1.6 [D], 1.8"),
    Row("40165", ACCOUNT, "the page is not one of the mini-program", "spec 2.3, 1.7 [K]"),
    Row("85437", THIS, "no payment of hers, or its live notice is too old or not shown", "spec 1.8 [K]"),
    Row("45028", LATER, "no group send is left of this month", "spec 2.5 [D]"),
    Row("45065", THIS, "a group send with this clientmsgid was taken on before", "spec 2.5 [D]"),
    Row("45066", LATER, "a group send with this clientmsgid was asked for a moment ago", "spec 2.5 [D]"),
    Row("40031", THIS, "a list of people", "mp, cp"),
    Row("40032", THIS, "the length of a list of people", "mp, cp"),
    Row("40130", THIS, "one person alone is no group", "[K]"),
    Row("87014", THIS, "the content is against the law", "spec 1.9, ma"),
    # Templates of an account
    Row("200012", ACCOUNT, "as many templates as it may have", "[K]"),
    Row("200014", THIS, "no such template in the library", "[K]"),
    Row("200020", THIS, "the keywords of a template", "[K]"),
    Row("200021", THIS, "what a template is for", "[K]"),
    Row("45026", ACCOUNT, "as many templates as it may have", "[K]"),
    Row("40102", ACCOUNT, "industry", "[K]"),
    Row("43100", LATER, "the industry was changed this month", "[K]"),
    # Codes and links
    Row("40129", THIS, "scene", "spec 1.6 [D]"),
    Row("40169", THIS, "scene is too long", "spec 1.6 [D]"),
    Row("40053", THIS, "what a scene code should carry", "[K]"),
    Row("45029", ACCOUNT, "as many codes for ever as it may have", "ma"),
    Row("40212", THIS, "the query of a link", "spec 1.7 [K]"),
    Row("85400", THIS, "a link without an end", "spec 1.7 [C]"),
    Row("85401", THIS, "the end of a link", "spec 1.7 [K]"),
    Row("85402", THIS, "env_version of a link", "[K]"),
    # What was shipped
    Row("10060001", THIS, "no such payment", "spec 1.12 [C]"),
    Row("10060002", THIS, "all of it was shipped", "[K]"),
    Row("10060003", THIS, "it was shipped anew before", "spec 1.12"),
    Row("10060004", THIS, "refunded, or confirmed", "[K]"),
    Row("10060005", THIS, "logistics_type", "[K]"),
    Row("10060006", THIS, "several parcels are for express only", "[K]"),
    Row("10060007", THIS, "is_all_delivered is missing", "[K]"),
    Row("10060008", THIS, "item_desc is missing", "[K]"),
    Row("10060009", THIS, "item_desc is too long", "[K]"),
    Row("10060011", THIS, "last_index", "[K]"),
    Row("10060014", THIS, "a parameter", "[K]"),
    Row("10060023", THIS, "nothing new: it was shipped just so", "[K]"),
    Row("10060024", THIS, "too many parcels", "spec 1.12"),
    Row("10060025", THIS, "express_company is too long", "[K]"),
    Row("10060026", THIS, "tracking_no is too long", "[K]"),
    Row("10060028", THIS, "not shipped", "[K]"),
    Row("10060029", THIS, "received_time", "[K]"),
    Row("10060030", THIS, "she was asked to confirm before", "spec 1.12"),
    Row("10060031", THIS, "somebody else's payment", "[K]"),
    Row("10060032", THIS, "not shipped by express", "[K]"),
    Row("268485194", THIS, "order_number_type", "[K]"),
    Row("268485195", THIS, "transaction_id is missing", "[K]"),
    Row("268485196", THIS, "mchid is missing", "[K]"),
    Row("268485197", THIS, "out_trade_no is missing", "[K]"),
    Row("268485216", THIS, "upload_time", "[K]"),
    Row("268485224", THIS, "delivery_mode", "[K]"),
    Row("268485226", THIS, "tracking_no is missing", "spec 1.12 [C]"),
    Row("268485227", THIS, "express_company is missing", "[K]"),
    Row("268485228", THIS, "shipped in one go is exactly one parcel", "spec 1.12 [C]"),
    Row("268546000", THIS, "the kind of a special order", "[K]"),
    Row("268546001", THIS, "until when a special order is delayed", "[K]"),
    Row("268546002", THIS, "nothing to ship under this number", "[K]"),
    # Tags and menu of a service account
    Row("45056", ACCOUNT, "as many tags as it may have", "spec 2.6 [K]"),
    Row("45057", THIS, "too many people bear the tag", "[K]"),
    Row("45059", THIS, "she bears as many tags as one may", "spec 2.6 [K]"),
    Row("45157", THIS, "a tag of this name exists", "spec 2.6 [K]"),
    Row("45158", THIS, "the name of a tag is too long", "spec 2.6 [K]"),
    Row("45159", THIS, "no such tag", "spec 2.6 [K], mp"),
    Row("40016", THIS, "the number of buttons", "mp"),
    Row("40017", THIS, "the type of a button", "mp"),
    Row("40018", THIS, "the name of a button", "mp"),
    Row("40019", THIS, "the key of a button", "mp"),
    Row("40020", THIS, "the url of a button", "mp"),
    Row("40023", THIS, "the number of buttons below a button", "mp"),
    Row("40024", THIS, "the type of a button below", "mp"),
    Row("40025", THIS, "the name of a button below", "mp"),
    Row("40026", THIS, "the key of a button below", "mp"),
    Row("40027", THIS, "the url of a button below", "mp"),
    Row("40054", THIS, "the domain of a button below", "cp"),
    Row("40055", THIS, "the domain of a button", "cp"),
    Row("46003", THIS, "there is no menu", "mp"),
    Row("65301", THIS, "no such menu for some people", "mp"),
    Row("65303", THIS, "no menu for everybody, before those for some", "mp"),
    Row("65304", THIS, "no rule for whom the menu is", "mp"),
    Row("65305", THIS, "a menu for some people too many", "mp"),
    # WeCom
    Row("60011", THIS, "a member, department or tag that the application may not touch", "spec 4.2 [S], cp"),
    Row("60111", THIS, "userid", "spec 4.2 [S]"),
    Row("81013", THIS, "nobody of the addressed can be reached", "spec 4.2 [D]"),
    Row("82001", THIS, "nobody is addressed", "spec 4.2 [S]"),
    Row("42014", THIS, "task_id was used before", "[K]"),
    Row("40050", THIS, "no such chat", "cp"),
    Row("40066", THIS, "a list of departments", "cp"),
    Row("40068", THIS, "no such tag", "spec 4.5, cp"),
    Row("40070", THIS, "the tags", "cp"),
    Row("40071", THIS, "a tag of this name exists", "spec 4.5, cp"),
    Row("40096", THIS, "external_userid", "spec 4.5, cp"),
    Row("84061", THIS, "no contact of this member", "spec 4.5, cp"),
    Row("84074", THIS, "a contact that the application may not touch", "spec 4.5"),
    Row("41048", THIS, "no customer to write to", "spec 4.5 [K]"),
    Row("41050", THIS, "the welcome code was used, or is older than 20 seconds", "spec 4.5 [K]"),
    Row("41051", THIS, "they have begun to talk", "spec 4.5 [K]"),
    Row("60003", THIS, "no such department", "cp"),
    Row("60004", THIS, "no such department above", "cp"),
    Row("60005", THIS, "the department has members", "cp"),
    Row("60006", THIS, "the department has others below", "cp"),
    Row("60007", THIS, "the topmost department stays", "cp"),
    Row("60008", THIS, "the department exists", "cp"),
    Row("60009", THIS, "the name of a department", "cp"),
    Row("60010", THIS, "a department above itself", "cp"),
    Row("60102", THIS, "userid is taken", "cp"),
    Row("60103", THIS, "the mobile number", "cp"),
    Row("60104", THIS, "the mobile number is taken", "cp"),
    Row("60105", THIS, "the e-mail address", "cp"),
    Row("60123", THIS, "no such department", "cp"),
    Row("60129", THIS, "neither mobile number nor e-mail address", "cp"),
    Row("90500", THIS, "the owner of the chat has not resigned", "[K]"),
    Row("90501", THIS, "not a customer group", "[K]"),
    Row("90502", THIS, "the owner of the chat has resigned", "[K]"),
    Row("90504", THIS, "the owner of the chat is the new one already", "[K]"),
    Row("90507", LATER, "the new owner took over as many chats as he may today", "[K]"),
    # WeChat Pay
    Row("SYSTEM_ERROR", UNKNOWN, "something broke: ask, or repeat with the same number", "spec 3.4 [K]"),
    Row("BANK_ERROR", UNKNOWN, "the bank: ask, or repeat with the same number", "spec 3.4 [K]"),
    Row("FREQUENCY_LIMITED", LATER, "too often", "spec 3.4 [K]"),
    Row("USER_PAYING", LATER, "she is paying right now", "spec 3.4 [D]"),
    Row("NOT_ENOUGH", LATER, "the merchant's balance does not cover it yet", "spec 3.6"),
    Row("NOT_ENOUGH", THIS, "more than is frozen of the payment", "spec 3.8", at="/v3/profitsharing/orders"),
    Row("STATEMENT_CREATING", LATER, "the bill is being made", "spec 3.7"),
    Row("NO_STATEMENT_EXIST", THIS, "there is no bill of this day", "spec 3.7"),
    Row("PARAM_ERROR", THIS, "a parameter, which it names", "spec 3.4 [D]"),
    Row("INVALID_REQUEST", THIS, "the order does not allow it as it stands", "spec 3.4 [D]"),
    Row("ORDER_CLOSED", THIS, "the order is closed", "spec 3.4 [D]"),
    Row("ORDERPAID", THIS, "the order is paid", "spec 3.4 [K]"),
    Row("ORDER_NOT_EXIST", THIS, "no such order", "spec 3.4 [K]"),
    Row("OUT_TRADE_NO_USED", THIS, "the number is another order's", "spec 3.4 [D]"),
    Row("OPENID_MISMATCH", THIS, "openid is not of this appid", "spec 3.4 [K]"),
    Row("RESOURCE_NOT_EXISTS", THIS, "no such refund, sharing or other thing", "spec 3.6"),
    Row("INVALID_TRANSACTIONID", THIS, "transaction_id", "spec 3.4 [K]"),
    Row("RULE_LIMIT", THIS, "a rule of the business forbids it", "spec 3.4 [D]"),
    Row("TRADE_ERROR", THIS, "the payment failed for a reason of the person's or the order's", "spec 3.4 [D]"),
    Row("REQUEST_BLOCKED", THIS, "blocked for a reason that the message gives", "spec 3.6"),
    Row("USER_ACCOUNT_ABNORMAL", THIS, "her account is closed or frozen", "spec 3.6"),
    Row("SIGN_ERROR", ACCOUNT, "our signature, or our clock", "spec 3.1 [D]"),
    Row("APPID_MCHID_NOT_MATCH", ACCOUNT, "the merchant is not bound to the appid", "spec 3.4 [D]"),
    Row("MCH_NOT_EXISTS", ACCOUNT, "mchid", "spec 3.4 [D]"),
    Row("NO_AUTH", ACCOUNT, "the merchant may not call this", "spec 3.4 [D]"),
    Row("ACCOUNT_ERROR", ACCOUNT, "the merchant's account", "spec 3.4 [D]"),
)

# The token is at fault, and a fresh one may help: done once by the line, before anybody hears of it.
TOKEN_REFUSED = frozenset({"40001", "40014", "42001"})

OUTCOMES: dict[str, Outcome] = {row.code: row.outcome for row in ROWS if not row.at}
_SOMEWHERE = {(row.at, row.code): row.outcome for row in ROWS if row.at}

# WeChat Pay's older spellings have no underscores; these are older or newer words for one thing.
_SPELLINGS = {code.replace("_", ""): code for code in OUTCOMES if "_" in code} | {
    "ORDER_PAID": "ORDERPAID",
    "RATELIMIT_EXCEEDED": "FREQUENCY_LIMITED",
    "RATELIMIT_EXCEED": "FREQUENCY_LIMITED",
}


def of_code(code: int | str, message: str = "", *, host: str = "", path: str = "") -> WechatError:
    """The error for a code that Tencent answered there."""
    name = _SPELLINGS.get(str(code), str(code))
    for place in (path, host):
        if (place, name) in _SOMEWHERE:
            return WechatError(_SOMEWHERE[place, name], name, message)
    return WechatError(OUTCOMES.get(name, UNKNOWN), name, message)


def is_unlisted(code: str) -> bool:
    """Whether this is a code of Tencent's that the table does not have; ours are in small letters."""
    return code not in OUTCOMES and re.fullmatch(r"-?[0-9]+|[A-Z][A-Z0-9_]*", code) is not None


def of_status(status: int) -> WechatError:
    """The error for an HTTP status without a readable code."""
    if status == 429:
        return WechatError(LATER, f"http.{status}")
    # 408 is somebody on the way who grew tired of waiting: for the answer, as far as we know.
    return WechatError(ACCOUNT if 400 <= status < 500 and status != 408 else UNKNOWN, f"http.{status}")
