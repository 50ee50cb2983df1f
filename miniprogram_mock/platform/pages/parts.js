// Parts that several pages are made of: tabs, search, badges, tables, a growing list, the drawer.
import T from "./texts.zh-CN.js";
import { h, icon, now } from "./lib.js";

const MOST = 1000;

export const badge = (text, look = "") => h("span", { class: `badge ${look}` }, text);
export const section = (title, body, { side, hint } = {}) =>
  h(
    "section",
    { class: "panel" },
    h("header", { class: "panel-head" }, h("h2", {}, title), side),
    hint && h("p", { class: "hint pad" }, hint),
    body,
  );
export const mono = (text, title = text) => h("code", { class: "mono", title }, text);

export const tabs = (names, active, address, label) =>
  h(
    "nav",
    { class: "tabs", "aria-label": label },
    Object.entries(names).map(([name, text]) => h("a", { href: address(name), "aria-current": name === active ? "page" : null }, text)),
  );

/** Tabs within a page that keep no address of their own: `pick(name)` is called. */
export function choice(names, active, pick, label) {
  const box = h("div", { class: "choice", role: "group", "aria-label": label });
  const show = (chosen) => box.childNodes.forEach((node) => node.setAttribute("aria-pressed", node.value === chosen));
  box.append(
    ...Object.entries(names).map(([name, text]) =>
      h("button", { type: "button", value: name, onclick: () => (show(name), pick(name)) }, text),
    ),
  );
  show(active);
  return box;
}

export function search(placeholder, changed, value = "") {
  let timer;
  const input = h("input", {
    type: "search",
    placeholder,
    "aria-label": placeholder,
    value,
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => changed(input.value.trim()), 200);
    },
  });
  return h("label", { class: "search" }, icon("search"), input);
}

export const select = (label, options, chosen, changed) =>
  h(
    "label",
    { class: "field" },
    h("span", {}, label),
    h(
      "select",
      { onchange: (event) => changed(event.target.value) },
      options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
    ),
  );

export const field = (label, attributes = {}, hint) =>
  h("label", { class: "field" }, h("span", {}, label), h("input", { autocomplete: "off", ...attributes }), hint && h("small", {}, hint));

/** A switch that shows what the server says; a refused change springs back. */
export function toggle(label, on, change) {
  return h(
    "button",
    {
      type: "button",
      role: "switch",
      class: "switch",
      "aria-checked": String(on),
      "aria-label": label,
      onclick: (event) => change(event.currentTarget, !on),
    },
    h("span", { class: "knob" }),
  );
}

/** The way to older rows: the list is asked for again, longer. `size()` is how many to ask for. */
export function growing(step, refresh) {
  let size = step;
  const box = h("div", { class: "older" });
  return {
    box,
    size: () => Math.min(size, MOST),
    reset: () => (size = step),
    shown(count) {
      const state = count >= MOST ? "most" : count >= size ? "more" : "end";
      if (box.dataset.state === state) return;
      box.dataset.state = state;
      const more = h(
        "button",
        {
          type: "button",
          class: "button",
          onclick: () => {
            size += step;
            box.dataset.state = "";
            refresh();
          },
        },
        T.common.more,
      );
      box.replaceChildren(state === "more" ? more : state === "most" ? h("p", { class: "hint" }, T.common.listEnd) : "");
    },
  };
}

/** A table whose body is `body`; on a phone its rows become blocks, labelled by the heads. */
export function table(heads, label) {
  const body = h("tbody", {});
  const box = h(
    "table",
    { class: "table", "aria-label": label },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map(([text, look = ""]) => h("th", { class: look, scope: "col" }, text)),
      ),
    ),
    body,
  );
  return { box: h("div", { class: "table-box" }, box), body };
}
export const cells = (...columns) => columns.map(([label, content, look = ""]) => h("td", { class: look, "data-label": label }, content));

/** Facts in two columns; empty ones are left out. */
export const facts = (rows) =>
  h(
    "dl",
    { class: "facts" },
    rows.filter(([, value]) => value != null && value !== "").map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );

export function drawer(title, ...content) {
  const box = h(
    "dialog",
    {
      class: "drawer",
      "aria-label": typeof title === "string" ? title : T.common.details,
      onclose: () => box.remove(),
      onclick: (event) => event.target === box && box.close(),
    },
    h(
      "div",
      { class: "drawer-in" },
      h(
        "header",
        {},
        h("h2", {}, title),
        h("button", { type: "button", class: "icon-button", "aria-label": T.common.close, onclick: () => box.close() }, icon("close")),
      ),
      ...content,
    ),
  );
  document.body.append(box);
  box.showModal();
  return box;
}

/** A conversation opens at its newest words, and follows them unless the reader scrolled up. */
export function following(box, change) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  change();
  const toEnd = () => (box.scrollTop = box.scrollHeight);
  if (!atEnd) return;
  toEnd();
  // A page that is not shown yet has no height to scroll by.
  if (!box.isConnected) document.addEventListener("arrive", toEnd, { once: true });
}

/** Only http(s): an address that somebody else wrote can be shown, but not run. */
export const safe = (url) => (/^https?:\/\//.test(url || "") ? url : null);
/** Time of day for a message between others, with the date when it is another day's. */
export function stamp(iso) {
  const today = new Date(now() + 8 * 3600_000).toISOString().slice(0, 10);
  return iso.slice(0, 10) === today ? iso.slice(11, 16) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}
