// What the simulator pushed to the platform: each callback with its attempts, its content, and a way to send it again.
import T from "./texts.zh-CN.js";
import { ask, button, h, list as drawList, pretty, query, relative, when } from "./lib.js";
import { badge, drawer, facts, growing, mono, search, select } from "./parts.js";

const B = T.callbacks;
const LOOKS = { delivered: "good", pending: "wait", held: "wait", given_up: "bad", lost: "bad" };
const refreshNow = () => document.dispatchEvent(new Event("refresh"));

export function list(box) {
  const filters = { state: "", wire: "", event: "" };
  const older = growing(60, refreshNow),
    rows = h("div", { class: "rows calls" });
  const set = (name) => (value) => {
    filters[name] = value;
    older.reset();
    refreshNow();
  };
  const named = (words) => [["", T.common.all], ...Object.entries(words)];
  box.append(
    h(
      "div",
      { class: "filters few", role: "search", "aria-label": T.calls.filterTitle },
      select(B.state, named(B.states), "", set("state")),
      select(B.wire, named(B.wires), "", set("wire")),
      search(B.event, set("event")),
    ),
    h("div", { class: "panel" }, rows),
    older.box,
  );
  return async () => {
    const { callbacks } = await ask(`callbacks?${query({ ...filters, limit: older.size() })}`);
    drawList(rows, callbacks, (one) => one.id, callbackRow, Object.values(filters).some(Boolean) ? B.noneFiltered : B.none);
    older.shown(callbacks.length);
  };
}

function callbackRow(one) {
  const told = [
    B.attempts(one.attempts),
    one.last_error || (one.last_status && `HTTP ${one.last_status}`),
    one.next_at && one.attempts ? B.next(relative(one.next_at)) : "",
    one.fault,
  ].filter(Boolean);
  return h(
    "button",
    { type: "button", class: "row", onclick: () => show(one.id) },
    h(
      "span",
      { class: "grow" },
      h(
        "span",
        { class: "clip" },
        B.events[one.event] || one.event,
        " ",
        h("code", { class: "hint" }, B.events[one.event] ? one.event : ""),
      ),
      h("span", { class: "hint clip" }, `${one.recipient} · ${told.join(" · ")}`),
    ),
    badge(B.states[one.state] || one.state, LOOKS[one.state]),
    h("span", { class: "end hint" }, when(one.created_at, true)),
  );
}

async function show(id) {
  const one = await ask(`callbacks/${id}`);
  const box = drawer(
    B.events[one.event] || one.event,
    facts([
      [B.state, badge(B.states[one.state] || one.state, LOOKS[one.state])],
      [B.event, mono(one.event)],
      [B.recipient, mono(one.recipient)],
      [B.url, mono(one.url)],
      [T.calls.fields.at, when(one.created_at)],
      [T.calls.fields.fault, one.fault],
    ]),
    h(
      "p",
      {},
      button(
        B.redeliver,
        async () => {
          await ask(`callbacks/${id}/redeliver`, {});
          box.close();
        },
        { look: "primary", done: B.redelivered, disabled: ["pending", "held"].includes(one.state) },
      ),
    ),
    h("h3", {}, B.tried),
    one.tried.length ? h("ol", { class: "attempts" }, one.tried.map(attempt)) : h("p", { class: "hint" }, B.triedNone),
    h("h3", {}, B.content),
    h("pre", { tabindex: 0 }, pretty(one.content)),
  );
}

const attempt = (one) =>
  h(
    "li",
    {},
    h(
      "div",
      { class: "inline" },
      badge(one.error || `HTTP ${one.status}`, one.error ? "bad" : "good"),
      h("span", { class: "hint" }, `${Math.round(one.ms)} ms`),
      when(one.at),
    ),
    one.fault && h("p", { class: "hint" }, B.spoilt(one.fault)),
    one.answer && h("pre", {}, pretty(one.answer)),
  );
