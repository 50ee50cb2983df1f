// Messages as WeChat draws them: cards of service accounts, notices of mini-programs, words in a conversation.
import T from "./texts.zh-CN.js";
import { h } from "./lib.js";
import { badge, stamp } from "./parts.js";

const P = T.phones;

/** What a message says in one line. */
export function titleOf(content) {
  const card = content.template_card;
  return (
    content.title ||
    card?.main_title?.title ||
    card?.sub_title_text ||
    content.text?.content ||
    content.markdown?.content ||
    content.textcard?.title ||
    content.news?.articles?.[0]?.title ||
    content.miniprogrampage?.title ||
    P.file(content.msgtype || content.kind || P.article)
  );
}

const at = (iso) => h("p", { class: "at" }, h("time", { datetime: iso, title: iso.slice(0, 19).replace("T", " ") }, stamp(iso)));

const lines = (fields) =>
  fields?.length
    ? h(
        "dl",
        { class: "lines" },
        fields.map((field) => [h("dt", {}, field.label || field.key), h("dd", {}, field.value)]),
      )
    : null;

/** The foot of a card: where a tap leads, said in full, because that is what one checks. */
function foot({ mini, page, url }) {
  const where = mini ? page || mini : url || page;
  if (!where) return h("p", { class: "card-foot still" }, P.noTarget);
  return h(
    "details",
    { class: "card-foot" },
    h("summary", {}, page || mini ? P.toMini : P.toPage),
    h("p", { class: "target" }, `${P.target} `, h("code", {}, where)),
  );
}

/** One message of a service account. */
export function serviceMessage(message) {
  if (message.mine) return h("div", { class: "msg" }, at(message.sent_at), bubble("text", { content: message.text }, true));
  const body = ["template", "notice", "one_time"].includes(message.kind)
    ? h(
        "article",
        { class: "card" },
        h(
          "div",
          { class: "card-in" },
          h("p", { class: "card-kind" }, P.kinds[message.kind]),
          h("h3", {}, message.title),
          lines(message.fields),
        ),
        foot({ mini: message.miniprogram?.appid, page: message.miniprogram?.pagepath || message.page, url: message.url }),
      )
    : conversationBody(message);
  return h(
    "div",
    { class: "msg" },
    at(message.sent_at),
    message.kind === "group" || message.kind === "preview" ? badge(P.kinds[message.kind], "tiny") : null,
    body,
  );
}

function conversationBody(message) {
  const type = message.msgtype || "text";
  return type === "mpnews" ? articleCard([{ title: message.title || P.article }]) : bubble(type, message[type] || {}, false);
}

/** One notice of a mini-program: a subscribe message, a live notice, or WeChat's own about a delivery. */
export function notice(message) {
  const live =
    message.card &&
    Object.entries(message.card)
      .filter(([, value]) => typeof value !== "object")
      .map(([key, value]) => ({ label: key, value: String(value) }));
  return h(
    "div",
    { class: "msg" },
    at(message.sent_at),
    h(
      "article",
      { class: "card" },
      h(
        "div",
        { class: "card-in" },
        h("p", { class: "card-kind" }, h("span", { class: "mini-dot" }), message.account_name, message.card && badge(P.live, "tiny")),
        h("h3", {}, message.title),
        lines(live || message.fields),
      ),
      foot({ mini: message.page ? message.account : null, page: message.page }),
    ),
  );
}

/** One message in the customer service of a mini-program. */
export const chatMessage = (message) =>
  h("div", { class: "msg" }, at(message.at), bubble(message.msgtype, message.content, message.from_user));

function articleCard(articles) {
  return h(
    "article",
    { class: "card" },
    articles.map((one) =>
      h(
        "div",
        { class: "card-in article" },
        h("h3", {}, one.title),
        one.description && h("p", { class: "hint" }, one.description),
        one.url && h("code", { class: "target" }, one.url),
      ),
    ),
  );
}

export function bubble(type, content, mine) {
  const look = `bubble ${mine ? "mine" : ""}`;
  switch (type) {
    case "text":
      return h("div", { class: look }, content.content ?? content.text ?? "");
    case "news":
      return articleCard(content.articles || []);
    case "link":
      return articleCard([content]);
    case "miniprogrampage":
      return h(
        "article",
        { class: "card" },
        h(
          "div",
          { class: "card-in" },
          h("p", { class: "card-kind" }, h("span", { class: "mini-dot" }), P.card),
          h("h3", {}, content.title),
        ),
        foot({ mini: content.appid || " ", page: content.pagepath || content.path || content.PagePath }),
      );
    case "msgmenu":
      return h(
        "div",
        { class: look },
        content.head_content,
        h(
          "ul",
          {},
          (content.list || []).map((one) => h("li", {}, one.content)),
        ),
        content.tail_content,
      );
    default:
      return h(
        "div",
        { class: `${look} file` },
        P[type] || P.file(type),
        h("code", {}, content.media_id || content.pic_url || content.PicUrl || content.url || ""),
      );
  }
}
