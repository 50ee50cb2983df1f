// The home: what happened in the last minutes of the clock, and where to look closer.
import T from "./texts.zh-CN.js";
import { ask, china, draw, empty, h, list, now, svg, when, yuan } from "./lib.js";
import { badge, choice, mono, section } from "./parts.js";
import { titleOf } from "./phone_messages.js";

const O = T.overview;
const WINDOWS = { 5: "5", 15: "15", 60: "60" };
const HEIGHT = 100;

export function open(box) {
  let minutes = "15";
  const lead = h("p", { class: "lead" });
  const tiles = h("div", { class: "tiles" }),
    chart = h("div", { class: "chart" }),
    wrong = h("div", { class: "rows" }),
    messages = h("div", { class: "rows" });
  const windows = choice(
    Object.fromEntries(Object.keys(WINDOWS).map((n) => [n, T.time.minute(n)])),
    minutes,
    (chosen) => {
      minutes = chosen;
      document.dispatchEvent(new Event("refresh"));
    },
    O.lead(""),
  );
  box.append(
    h("header", { class: "page-head" }, h("div", {}, h("h2", {}, T.nav.overview), lead), windows),
    tiles,
    section(O.chart, chart, {
      side: h("p", { class: "legend" }, h("span", { class: "good" }, O.legendGood), h("span", { class: "bad" }, O.legendBad)),
    }),
    h(
      "div",
      { class: "halves" },
      section(O.wrongTitle, wrong, { side: h("a", { href: "#/calls" }, O.seeAll) }),
      section(O.messages, messages, { side: h("a", { href: "#/phones" }, O.seeAll) }),
    ),
  );
  return {
    async refresh() {
      const seen = await ask(`pages/overview?minutes=${minutes}`);
      lead.textContent = seen.stopped ? O.stopped(seen.stopped) : O.lead(seen.minutes);
      draw(tiles, { ...seen, by_minute: sum(seen.by_minute), messages: 0, wrong: 0 }, tilesOf);
      draw(chart, seen.by_minute, () => bars(seen));
      list(wrong, seen.wrong, (one) => `${one.path} ${one.errcode} ${one.outcome}`, wrongRow, O.wrongNone);
      list(messages, seen.messages, (one) => one.id, messageRow, O.messagesNone);
    },
  };
}

const sum = (rows) => rows.reduce(([calls, bad], row) => [calls + row.calls, bad + row.bad], [0, 0]);

function tilesOf({ by_minute: [calls, bad], ...seen }) {
  const lost = (seen.callbacks.given_up || 0) + (seen.callbacks.lost || 0);
  const tile = (name, value, href, note, look = "") =>
    h(
      "a",
      { class: `tile ${look}`, href },
      h("span", { class: "tile-name" }, name),
      h("strong", {}, value),
      h("span", { class: "tile-note" }, note || ""),
    );
  return [
    tile(O.calls, calls, "#/calls"),
    tile(O.wrong, bad, "#/calls", calls ? O.rate(Math.round((bad / calls) * 100)) : "", bad ? "bad" : ""),
    tile(O.sent, seen.sent, "#/phones", seen.dropped ? `${O.dropped} ${seen.dropped}` : "", seen.dropped ? "wait" : ""),
    tile(O.paid, yuan(seen.paid.fen), "#/money", O.fens(seen.paid.n)),
    tile(
      O.refunds,
      seen.refunds.PROCESSING || 0,
      "#/money/refunds",
      seen.refunds.ABNORMAL ? O.abnormal(seen.refunds.ABNORMAL) : "",
      seen.refunds.ABNORMAL ? "bad" : "",
    ),
    tile(
      O.pending,
      (seen.callbacks.pending || 0) + (seen.callbacks.held || 0),
      "#/calls/callbacks",
      lost ? O.lost(lost) : "",
      lost ? "wait" : "",
    ),
    tile(O.faults, seen.faults, "#/faults", "", seen.faults ? "wait" : ""),
    tile(O.twice, seen.twice, "#/calls/duplicates", O.never, seen.twice ? "bad" : "good"),
  ];
}

function bars({ by_minute: rows, minutes }) {
  if (!rows.length) return empty(O.chartEmpty);
  const most = Math.max(...rows.map((row) => row.calls)),
    wide = 600 / minutes;
  const drawn = rows.flatMap((row) => {
    const all = (row.calls / most) * (HEIGHT - 8),
      bad = (row.bad / most) * (HEIGHT - 8),
      x = row.minute * wide + 1;
    const time = china(now() - (minutes - row.minute) * 60_000).slice(11, 16);
    const part = (look, height, y) =>
      svg(
        "rect",
        { class: look, x, y, width: Math.max(wide - 2, 1), height, rx: 1.5 },
        svg("title", {}, O.minuteOf(time, row.calls, row.bad)),
      );
    return [part("good", all - bad, HEIGHT - all), ...(bad ? [part("bad", Math.max(bad, 2), HEIGHT - bad)] : [])];
  });
  const label = (ago) => h("span", {}, china(now() - ago * 60_000).slice(11, 16));
  return [
    svg("svg", { viewBox: `0 0 600 ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": O.chart }, ...drawn),
    h("div", { class: "axis" }, label(minutes), label(minutes / 2), label(0)),
  ];
}

const wrongRow = (one) =>
  h(
    "a",
    { class: "row", href: `#/calls/list/path=${encodeURIComponent(one.path)}&errcode=${encodeURIComponent(one.errcode)}` },
    h("div", { class: "grow" }, mono(one.path), h("div", { class: "hint" }, T.calls.hosts[one.host] || one.host)),
    badge(one.outcome === "answered" ? one.errcode : T.calls.outcomes[one.outcome], "bad"),
    h("span", { class: "count" }, `×${one.calls}`),
  );

function messageRow(one) {
  const href = one.user_id
    ? `#/phones/${one.user_id}`
    : one.channel === "wecom"
      ? `#/wecom/${encodeURIComponent(one.recipient)}`
      : "#/phones";
  return h(
    "a",
    { class: "row", href },
    h(
      "div",
      { class: "grow" },
      h("div", { class: "clip" }, titleOf(one.content)),
      h("div", { class: "hint clip" }, `${one.account_name} → ${one.nickname || one.recipient}`),
    ),
    one.state === "dropped" && badge(O.droppedMark, "wait"),
    when(one.sent_at, true),
  );
}
