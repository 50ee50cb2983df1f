"""What identity refuses."""

from app.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthorized, Unavailable


class CodeRefused(Unauthorized):
    code, message = "identity.code_refused", "The code was used before, is too old or is not this mini-program's; ask WeChat for a new one."


class SessionEnded(Unauthorized):
    code, message = "identity.session_ended", "The session is unknown or has ended; sign in again."


class AppidUnknown(Unauthorized):
    code, message = "identity.appid_unknown", "The header X-Appid has to name a mini-program that is registered here."


class PersonBlocked(Forbidden):
    code, message = "identity.person_blocked", "WeChat does not let this person sign in at the moment."


class TooFast(TooMany):
    code, message = "identity.too_fast", "Too many attempts; please wait a minute."


class WechatUnavailable(Unavailable):
    code, message = "identity.wechat_unavailable", "WeChat does not answer at the moment; please try again."


class CustomerUnknown(NotFound):
    code, message = "identity.customer_unknown", "There is no such customer."


class ConsentTextUnknown(Invalid):
    code, message = "identity.consent_text_unknown", "No text of this version was published for this purpose."


class ConsentTextFixed(Conflict):
    code, message = "identity.consent_text_fixed", "This version was published with other words; publish another version."


class RefusalLinkUnknown(NotFound):
    code, message = "identity.refusal_link_unknown", "This link is not one of ours."


class MergeUnknown(NotFound):
    code, message = "identity.merge_unknown", "No such merge of this customer; those from before merges were kept cannot be undone."


class MergeUndone(Conflict):
    code, message = "identity.merge_undone", "The two were made two again already."


class MergeMoving(Conflict):
    code, message = "identity.merge_moving", "What is the merged one's is still on its way to the other; try again in a minute."


class MergeCovered(Conflict):
    code, message = "identity.merge_covered", "One of the two was merged again since then; undo that one first."


class MergeForgotten(Conflict):
    code, message = "identity.merge_forgotten", "One of the two was forgotten; nobody knows any more what was whose."


class SameInWechat(Conflict):
    code, message = "identity.same_in_wechat", "WeChat says that the two are one person; they would be one again when she comes next."
