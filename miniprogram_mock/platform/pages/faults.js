// Bad days on demand: what is planted, what is planted often, and a form for every kind.
import T from "./texts.zh-CN.js";
import { act, ask, button, draw, h, list, span } from "./lib.js";
import { badge, choice, field, mono, section, select, tabs } from "./parts.js";
import * as limits from "./limits.js";

const F = T.faults;
const PRESETS = {
  calls: {
    weather: { kind: "weather", percent: 10, seed: 7 },
    busy: { kind: "errcode", code: -1, times: 5 },
    quota: { kind: "errcode", code: 45009, times: 20 },
    storm: { kind: "storm", seconds: 60 },
    before: { kind: "timeout_before", times: 3 },
    after: { kind: "timeout_after_accept", times: 3 },
    http: { kind: "http", status: 502, times: 5 },
    cut: { kind: "cut", times: 3 },
    slow: { kind: "latency", ms: 2000, jitter: 1000, seconds: 60 },
    whitelist: { kind: "ip_not_allowed", seconds: 60 },
  },
  callbacks: {
    lost: { kind: "lose_callbacks", times: 3 },
    duplicated: { kind: "duplicate_callbacks", copies: 2, times: 3 },
    late: { kind: "late_callbacks", by: 600, times: 3 },
    swapped: { kind: "swap_callbacks", times: 3 },
    signature: { kind: "bad_signature", times: 3 },
  },
};

export function open(box, [tab = "list"]) {
  const body = h("div", {});
  box.append(
    h("header", { class: "page-head" }, h("h2", {}, T.nav.faults)),
    tabs(F.tabs, tab, (name) => `#/faults/${name}`, T.nav.faults),
    body,
  );
  return { refresh: tab === "limits" ? limits.table(body) : planted(body) };
}

function planted(box) {
  const rows = h("div", { class: "rows" }),
    custom = h("div", {}),
    all = h("div", {});
  const presets = Object.entries(PRESETS).map(([group, some]) =>
    section(`${F.presets} · ${F.groups[group]}`, h("div", { class: "presets" }, Object.entries(some).map(preset))),
  );
  box.append(
    section(F.planted, rows, { side: all }),
    h("div", { class: "halves uneven" }, h("div", {}, presets), section(F.custom, custom)),
  );
  return async () => {
    const { faults, kinds } = await ask("faults");
    const what = new Map(kinds.map((one) => [one.kind, one]));
    list(
      rows,
      faults.map((one) => ({ ...one, what: what.get(one.kind)?.what || "", on: what.get(one.kind)?.on || [] })),
      (one) => one.id,
      faultRow,
      F.none,
    );
    draw(all, faults.length > 0, (any) =>
      any ? button(F.clearAll, () => ask("faults", { clear: true }), { done: F.cleared, look: "danger" }) : [],
    );
    draw(custom, kinds, form);
  };
}

const plant = (fault) => ask("faults", { faults: [fault] });

function preset([name, fault]) {
  const [title, what] = F.preset[name];
  return h(
    "button",
    { type: "button", class: "preset", onclick: (event) => act(event.currentTarget, () => plant(fault), F.planted1) },
    h("strong", {}, title),
    h("span", { class: "hint" }, what),
  );
}

function faultRow(one) {
  const where =
    [one.host, one.path, one.account].filter(Boolean).join(" ") ||
    (one.on.includes("call") ? F.everything : one.on.includes("callback") ? F.everyCallback : "");
  const left =
    one.percent != null
      ? F.percentOf(one.percent)
      : one.times != null
        ? F.left(one.times)
        : one.seconds != null
          ? F.secondsLeft(span(one.seconds))
          : F.untilCleared;
  const params = Object.entries(one.params)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");
  return h(
    "div",
    { class: "row" },
    h(
      "div",
      { class: "grow" },
      h("div", {}, h("strong", {}, one.kind), " ", h("span", { class: "hint" }, one.what)),
      h("div", { class: "hint" }, where ? mono(where) : null, params && ` · ${params}`),
    ),
    badge(left, "wait"),
    h("span", { class: "count" }, F.hits(one.hits, one.seen)),
    button(F.clear, () => ask(`faults/${one.id}`, null, "DELETE"), { done: F.cleared }),
  );
}

/** How many, how many per cent, how long: what the chosen way of striking asks for. */
function amountOf(how) {
  const usual = { times: 3, percent: 10, seconds: 60 }[how];
  const most = how === "percent" ? 100 : null;
  return h(
    "div",
    { class: "pair" },
    field(F.hows[how], { name: "amount", type: "number", min: 1, max: most, step: "any", value: usual, required: true }),
    how === "percent" ? field(F.seed, { name: "seed", type: "number", value: 7 }) : null,
  );
}

function form(kinds) {
  const state = { kind: kinds.find((one) => one.kind === "errcode") || kinds[0], how: "times" };
  const params = h("div", { class: "pair" }),
    what = h("p", { class: "hint" }),
    amount = h("div", {});
  const show = () => {
    what.textContent = state.kind.what;
    params.replaceChildren(
      ...Object.entries(state.kind.params).map(([name, value]) =>
        field(`${name}${value === null ? `（${F.required}）` : ""}`, { name: `p-${name}`, value: value ?? "", required: value === null }),
      ),
    );
  };
  const showHow = () => amount.replaceChildren(state.how === "open" ? "" : amountOf(state.how));
  const box = h(
    "form",
    {
      class: "stack pad",
      onsubmit: (event) => {
        event.preventDefault();
        act(box.querySelector("[type=submit]"), () => plant(read(new FormData(box), state)), F.planted1);
      },
    },
    select(
      F.kind,
      kinds.map((one) => [one.kind, `${one.kind}（${one.on.map((on) => F.on[on]).join("、")}）`]),
      state.kind.kind,
      (name) => {
        state.kind = kinds.find((one) => one.kind === name);
        show();
      },
    ),
    what,
    params,
    h(
      "div",
      { class: "field" },
      h("span", {}, F.how),
      choice(
        F.hows,
        state.how,
        (how) => {
          state.how = how;
          showHow();
        },
        F.how,
      ),
    ),
    amount,
    field(F.path, { name: "path" }, F.pathHint),
    h("div", { class: "pair" }, field(F.host, { name: "host" }), field(F.account, { name: "account" })),
    h("button", { class: "button primary", type: "submit" }, F.plant),
  );
  show();
  showHow();
  return box;
}

/** The form as the API wants it; what looks like a number is one, a word stays a word (Pay's codes). */
function read(values, { kind, how }) {
  const fault = { kind: kind.kind };
  for (const name of ["path", "host", "account"]) if (values.get(name)) fault[name] = values.get(name);
  for (const name of Object.keys(kind.params)) {
    const text = values.get(`p-${name}`);
    if (text !== "") fault[name] = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  }
  if (how !== "open") fault[how] = Number(values.get("amount"));
  if (values.get("seed")) fault.seed = Number(values.get("seed"));
  return fault;
}
