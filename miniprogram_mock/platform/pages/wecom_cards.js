// WeCom's application messages: plain ones, and template cards of all five kinds with what a member can press and choose.
import T from "./texts.zh-CN.js";
import { act, ask, h } from "./lib.js";
import { badge, safe, stamp } from "./parts.js";

const W = T.wecom;

/** A message in a member's inbox; `userid` is who presses. */
export function message(one, userid) {
  return h(
    "div",
    { class: "msg" },
    h("p", { class: "at" }, `${one.app_name} · `, h("time", { datetime: one.sent_at }, stamp(one.sent_at))),
    one.template_card ? card(one, userid) : plain(one),
  );
}

/** What was never shown to her. */
export const lost = (one) =>
  h(
    "div",
    { class: "msg lost" },
    h("p", { class: "at" }, h("time", { datetime: one.sent_at }, stamp(one.sent_at)), " ", badge(T.overview.droppedMark, "wait")),
    one.content.template_card ? card({ ...one.content, buttons: [], questions: [], menu: [], choices: {} }, null) : plain(one.content),
  );

function plain(one) {
  if (one.textcard) {
    return h(
      "article",
      { class: "card" },
      h("div", { class: "card-in" }, h("h3", {}, one.textcard.title), h("p", { class: "text" }, bare(one.textcard.description))),
      jump({ url: one.textcard.url }, one.textcard.btntxt || W.detail),
    );
  }
  const text = one.text?.content ?? one.markdown?.content ?? one.markdown_v2?.content;
  if (text != null)
    return h("div", { class: "bubble" }, one.markdown || one.markdown_v2 ? [badge(W.plain.markdown, "tiny"), h("br")] : null, text);
  if (one.news || one.mpnews)
    return h(
      "article",
      { class: "card" },
      (one.news || one.mpnews).articles.map((item) =>
        h("div", { class: "card-in article" }, h("h3", {}, item.title), h("p", { class: "hint" }, item.description || item.digest)),
      ),
    );
  return h("div", { class: "bubble file" }, T.phones.file(one.msgtype || "?"));
}

// The old tags of text cards (div, br) are layout, not text.
const bare = (text = "") => text.replace(/<br\s*\/?>|<\/div>/g, "\n").replace(/<div[^>]*>/g, "");

/** Where a tap leads, said in full. */
function jump(action, name) {
  const where = action?.pagepath ? `${action.appid || ""} ${action.pagepath}` : action?.url || action?.appid;
  if (!where) return null;
  return h(
    "details",
    { class: "card-foot" },
    h("summary", {}, name || W.detail),
    h("p", { class: "target" }, `${W.opens} `, h("code", {}, where)),
  );
}

function card(one, userid) {
  const face = one.template_card;
  return h(
    "article",
    { class: "card work", "aria-label": W.types[face.card_type] },
    h(
      "div",
      { class: "card-in" },
      h("p", { class: "card-kind" }, face.source?.desc || W.types[face.card_type]),
      face.card_image && h("div", { class: "picture", title: face.card_image.url }, W.picture),
      face.main_title?.title && h("h3", {}, face.main_title.title),
      face.main_title?.desc && h("p", { class: "hint" }, face.main_title.desc),
      face.emphasis_content?.title &&
        h(
          "p",
          { class: "emphasis" },
          h("strong", {}, face.emphasis_content.title),
          h("span", { class: "hint" }, face.emphasis_content.desc),
        ),
      face.quote_area && h("blockquote", {}, face.quote_area.title && h("strong", {}, face.quote_area.title), face.quote_area.quote_text),
      face.image_text_area &&
        h(
          "div",
          { class: "row flat" },
          h("div", { class: "picture small", title: face.image_text_area.image_url }, W.picture),
          h("div", { class: "grow" }, face.image_text_area.title, h("p", { class: "hint" }, face.image_text_area.desc)),
        ),
      face.sub_title_text && h("p", { class: "text" }, face.sub_title_text),
      (face.vertical_content_list || []).map((line) => h("p", { class: "text" }, h("strong", {}, line.title), h("br"), line.desc)),
      face.horizontal_content_list?.length
        ? h(
            "dl",
            { class: "lines" },
            face.horizontal_content_list.map((line) => [h("dt", {}, line.keyname), h("dd", {}, line.value || line.userid || line.url)]),
          )
        : null,
    ),
    interactive(one, face, userid),
    (face.jump_list || []).map((item) => jump(item, item.title)),
    jump(face.card_action),
  );
}

/** Questions and buttons in one form, so that Enter works and choices are sent with the press. */
function interactive(one, face, userid) {
  const form = h("form", { class: "pressing", onsubmit: (event) => event.preventDefault() });
  const press = (key) => (event) =>
    act(
      event.currentTarget,
      () => ask(`staff/${encodeURIComponent(userid)}/press`, { message_id: one.id, key, choices: chosen(form, one.questions) }),
      one.menu.some((entry) => entry.key === key) ? W.menuTold : W.pressed,
    );
  form.append(...one.questions.map((question) => asking(one, question)));
  if (one.replace_name) form.append(h("p", { class: "replaced" }, one.replace_name));
  const pressable = new Map(one.buttons.map((each) => [each.key, each]));
  const styled = face.button_list || [];
  const looks = { 2: "quiet", 3: "danger", 4: "danger" };
  const row = styled
    .map((each) => (each.type === 1 ? link(each) : pressable.has(each.key) ? pressing(each, looks[each.style], press, one) : null))
    .filter(Boolean);
  if (face.submit_button && pressable.has(face.submit_button.key)) row.push(pressing(face.submit_button, "", press, one));
  if (row.length) form.append(h("div", { class: "card-buttons" }, row));
  if (one.menu.length)
    form.append(
      h(
        "details",
        { class: "card-foot" },
        h("summary", {}, face.action_menu?.desc || W.menu),
        h(
          "div",
          { class: "sub-menu" },
          one.menu.map((entry) => h("button", { type: "button", class: "button", onclick: press(entry.key) }, entry.text)),
        ),
      ),
    );
  return form.childElementCount ? form : null;
}

const pressing = (each, look = "", press, one) =>
  h(
    "button",
    { type: "button", class: look, "aria-pressed": one.pressed === each.key ? "true" : null, onclick: press(each.key) },
    one.pressed === each.key ? [each.text, h("span", { class: "hint" }, ` ${W.pressed}`)] : each.text,
  );
const link = (each) => h("a", { href: safe(each.url), target: "_blank", rel: "noreferrer" }, each.text);

function asking(one, question) {
  const before = one.choices?.[question.question_key] || [
    question.selected_id,
    ...question.option_list.filter((option) => option.is_checked).map((option) => option.id),
  ];
  const name = question.question_key;
  // A vote has a mode (one or several), a list to select from has not.
  if (one.template_card.checkbox) {
    return h(
      "fieldset",
      { disabled: question.disable },
      question.option_list.map((option) =>
        h(
          "label",
          { class: "check" },
          h("input", { type: question.mode ? "checkbox" : "radio", name, value: option.id, checked: before.includes(option.id) }),
          option.text,
        ),
      ),
    );
  }
  return h(
    "label",
    { class: "field" },
    h("span", {}, question.title || W.choose),
    h(
      "select",
      { name, disabled: question.disable },
      h("option", { value: "" }, W.choose),
      question.option_list.map((option) => h("option", { value: option.id, selected: before.includes(option.id) }, option.text)),
    ),
  );
}

function chosen(form, questions) {
  const values = new FormData(form);
  return Object.fromEntries(
    questions
      .map((question) => [question.question_key, values.getAll(question.question_key).filter(Boolean)])
      .filter(([, ids]) => ids.length),
  );
}
