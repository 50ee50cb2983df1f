// What Tencent saw: every call as it comes in, narrowed by filters, each with its request and answer.
import T from "./texts.zh-CN.js";
import { absolute, ask, h, list, pretty, query, when } from "./lib.js";
import { badge, drawer, facts, mono, search, select, tabs } from "./parts.js";
import * as callbacks from "./callbacks.js";
import * as counts from "./counts.js";

const C = T.calls;
const STEP = 60,
  MOST = 1000;
const refreshNow = () => document.dispatchEvent(new Event("refresh"));

export function open(box, [tab = "list", given = ""]) {
  const body = h("div", {});
  box.append(
    h("header", { class: "page-head" }, h("h2", {}, T.nav.calls)),
    tabs(C.tabs, tab, (name) => `#/calls/${name}`, T.nav.calls),
    body,
  );
  const rooms = {
    list: () => recorder(body, given),
    summary: () => counts.summary(body),
    callbacks: () => callbacks.list(body),
    duplicates: () => counts.duplicates(body),
  };
  return { refresh: (rooms[tab] || rooms.list)() };
}

function pausing(state) {
  const pause = h(
    "button",
    {
      type: "button",
      class: "button live",
      "aria-pressed": "false",
      onclick: () => {
        state.paused = !state.paused;
        pause.setAttribute("aria-pressed", String(state.paused));
        pause.textContent = state.paused ? C.resume : C.pause;
        if (!state.paused) refreshNow();
      },
    },
    C.pause,
  );
  return pause;
}

function recorder(box, given) {
  const filters = Object.fromEntries(new URLSearchParams(given));
  const state = { calls: [], filters, paused: false, end: false };
  const rows = h("div", { class: "rows calls" }),
    older = h("div", { class: "older" }),
    total = h("p", { class: "hint" });
  const again = () => {
    state.calls = [];
    state.end = false;
    refreshNow();
  };
  const pause = pausing(state);
  const more = h(
    "button",
    {
      type: "button",
      class: "button",
      onclick: async () => {
        const found = await ask(`calls?${query({ ...asked(state.filters), before: state.calls.at(-1).id, limit: STEP })}`);
        state.calls.push(...found.calls);
        state.end = found.calls.length < STEP;
        show();
      },
    },
    T.common.more,
  );
  const show = () => {
    list(rows, state.calls, (call) => call.id, callRow, Object.values(asked(filters)).some(Boolean) ? C.noneFiltered : C.none);
    const wrong = state.calls.filter((call) => !isGood(call)).length;
    total.textContent = C.total(state.calls.length, wrong);
    older.replaceChildren(state.calls.length && !state.end ? more : "");
  };
  box.append(narrowing(filters, again), h("div", { class: "bar" }, total, pause), h("div", { class: "panel" }, rows), older);
  return async () => {
    if (state.paused) return;
    const newest = state.calls[0]?.id;
    const found = (await ask(`calls?${query({ ...asked(filters), ...(newest ? { after: newest, limit: MOST } : { limit: STEP }) })}`))
      .calls;
    if (newest) state.calls.unshift(...found.reverse());
    else {
      state.calls = found;
      state.end = found.length < STEP;
    }
    // What scrolled far out of sight can be fetched again by "earlier".
    if (newest && state.calls.length > MOST) {
      state.calls.length = MOST;
      state.end = false;
    }
    show();
  };
}

/** A path is looked for anywhere in it. */
const asked = ({ path, ...others }) => ({ ...others, path: path && (/[*?]/.test(path) || path.startsWith("/") ? path : `*${path}*`) });

function narrowing(filters, again) {
  const set = (name) => (value) => {
    filters[name] = value;
    again();
  };
  const hosts = [
    ["", T.common.all],
    ["api.weixin.qq.com", C.hosts["api.weixin.qq.com"]],
    ["api.mch.weixin.qq.com", C.hosts["api.mch.weixin.qq.com"]],
    ["qyapi.weixin.qq.com", C.hosts["qyapi.weixin.qq.com"]],
  ];
  const outcomes = [["", T.common.all], ...Object.entries(C.outcomes)];
  const account = h("select", { onchange: (event) => set("account")(event.target.value) }, h("option", { value: "" }, T.common.all));
  ask("world")
    .then(({ accounts, merchants }) =>
      account.append(
        ...[...accounts.map((one) => [one.appid, one.name]), ...merchants.map((one) => [one.mchid, one.name])].map(([value, text]) =>
          h("option", { value, selected: value === filters.account }, text),
        ),
      ),
    )
    .catch(() => {});
  const typed = (name) => search(C.filters[name], set(name), filters[name] || "");
  return h(
    "div",
    { class: "filters", role: "search", "aria-label": C.filterTitle },
    h("div", { class: "filter-wide" }, typed("path")),
    select(C.filters.host, hosts, filters.host || "", set("host")),
    select(C.filters.outcome, outcomes, filters.outcome || "", set("outcome")),
    h("label", { class: "field" }, h("span", {}, C.filters.account), account),
    typed("errcode"),
    typed("fault"),
    typed("request_id"),
  );
}

export const isGood = (call) => call.status < 400 && call.errcode === "0" && call.outcome === "answered";

function callRow(call) {
  const good = isGood(call);
  const how =
    call.outcome !== "answered"
      ? C.outcomes[call.outcome] || call.outcome
      : good
        ? C.ok
        : call.errcode === "0"
          ? `HTTP ${call.status}`
          : call.errcode;
  return h(
    "button",
    { type: "button", class: "row", onclick: () => callDrawer(call) },
    h("span", { class: "verb" }, call.method),
    h(
      "span",
      { class: "grow" },
      h("code", { class: "mono clip", title: call.path }, call.path),
      h(
        "span",
        { class: "hint clip" },
        [C.hosts[call.host] || call.host, call.recipient, call.fault && `${C.filters.fault} ${call.fault}`].filter(Boolean).join(" · "),
      ),
    ),
    badge(how, good ? "good" : "bad"),
    h("span", { class: "end hint" }, h("span", { class: "ms" }, `${absolute(call.at)} · ${Math.round(call.ms)} ms`), when(call.at, true)),
  );
}

function callDrawer(call) {
  const F = C.fields;
  const block = (name, text) => [h("h3", {}, name), h("pre", { tabindex: 0 }, text ? pretty(text) : C.empty)];
  drawer(
    h("span", {}, call.method, " ", mono(call.path)),
    facts([
      [F.at, when(call.at)],
      [F.host, call.host],
      [F.status, call.status],
      [F.errcode, call.errcode],
      [F.outcome, C.outcomes[call.outcome] || call.outcome],
      [F.fault, call.fault],
      [F.ms, `${call.ms} ms`],
      [F.account, call.account && mono(call.account)],
      [F.recipient, call.recipient && mono(call.recipient)],
      [F.key, call.key && mono(call.key)],
      [F.request_id, call.request_id && mono(call.request_id)],
    ]),
    call.query ? block(C.query, call.query.replaceAll("&", "\n")) : null,
    ...block(C.request, call.request),
    ...block(C.answer, call.answer),
    h("p", { class: "hint" }, C.masked),
  );
}
