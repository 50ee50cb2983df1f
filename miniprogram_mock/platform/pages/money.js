// Money: payments and what the payer does, refunds and what the bank says, merchants' money, profit sharing, bills.
import T from "./texts.zh-CN.js";
import { ask, button, draw, empty, h, list, relative, when, yuan } from "./lib.js";
import { badge, cells, drawer, growing, mono, search, section, table, tabs } from "./parts.js";
import * as merchants from "./merchants.js";

const M = T.money,
  C = M.columns;
export const LOOKS = {
  SUCCESS: "good",
  FINISHED: "good",
  NOTPAY: "wait",
  PROCESSING: "wait",
  PENDING: "wait",
  ABNORMAL: "bad",
  FAILED: "bad",
  CLOSED: "",
  REFUND: "",
};
const refreshNow = () => document.dispatchEvent(new Event("refresh"));

export function open(box, [tab = "payments"]) {
  const body = h("div", {});
  box.append(
    h("header", { class: "page-head" }, h("h2", {}, T.nav.money)),
    tabs(M.tabs, tab, (name) => `#/money/${name}`, T.nav.money),
    body,
  );
  const rooms = { payments, refunds, merchants: merchants.money, sharing, bills };
  return { refresh: (rooms[tab] || payments)(body) };
}

function payments(box) {
  let q = "";
  const { box: grid, body } = table([[C.what], [C.who], [C.amount, "num"], [C.state], [C.at], [C.actions, "num"]], M.tabs.payments),
    older = growing(50, refreshNow),
    top = h("div", { class: "tiles few" });
  box.append(
    top,
    h(
      "div",
      { class: "bar" },
      search(M.placeholder, (text) => {
        q = text;
        refreshNow();
      }),
    ),
    grid,
    older.box,
  );
  return async () => {
    const [{ payments: all }, { refunds: back }] = await Promise.all([ask(`payments?limit=${older.size()}`), ask("refunds?limit=1000")]);
    draw(top, { all: all.map((one) => [one.state, one.total]), back: back.map((one) => [one.state, one.amount]) }, () => sums(all, back));
    const found = all.filter((one) =>
      `${one.description} ${one.nickname} ${one.out_trade_no} ${one.transaction_id}`.toLowerCase().includes(q.toLowerCase()),
    );
    list(
      body,
      found.map((one) => ({ ...one, back: refundedOf(one, back) })),
      (one) => one.id,
      paymentRow,
    );
    none(grid, body, all.length ? T.common.nothing : M.noPayments);
    older.shown(all.length);
  };
}

/** An empty table says so below its head. */
export function none(grid, body, text) {
  const note = grid.querySelector(".empty");
  if (body.childElementCount) note?.remove();
  else if (!note) grid.append(empty(text));
  else note.firstChild.textContent = text;
}

function refundedOf(payment, refunds) {
  const hers = refunds.filter((one) => one.out_trade_no === payment.out_trade_no && one.mchid === payment.mchid);
  const sum = (state) => hers.filter((one) => one.state === state).reduce((fen, one) => fen + one.amount, 0);
  return { done: sum("SUCCESS"), waiting: sum("PROCESSING") };
}

function sums(payments, refunds) {
  const total = (rows, states, name) => rows.filter((one) => states.includes(one.state)).reduce((fen, one) => fen + one[name], 0);
  const tile = (name, value, look = "") =>
    h("div", { class: `tile ${look}` }, h("span", { class: "tile-name" }, name), h("strong", {}, value));
  const abnormal = refunds.filter((one) => one.state === "ABNORMAL").length;
  return [
    tile(M.summary.paid, yuan(total(payments, ["SUCCESS", "REFUND"], "total"))),
    tile(M.summary.refunds, yuan(total(refunds, ["SUCCESS"], "amount"))),
    tile(M.summary.waiting, yuan(total(refunds, ["PROCESSING"], "amount"))),
    tile(M.summary.abnormal, T.overview.fens(abnormal), abnormal ? "bad" : ""),
  ];
}

function paymentRow(one) {
  const on = (action, look = "") =>
    button(M[action], () => ask(`payments/${one.mchid}/${one.out_trade_no}`, { action }), {
      look,
      done: T.person[{ pay: "paid", cancel: "cancelled", refuse: "refused" }[action]],
    });
  const back = [one.back.done ? M.refunded(yuan(one.back.done)) : "", one.back.waiting ? M.pending(yuan(one.back.waiting)) : ""]
    .filter(Boolean)
    .join(" · ");
  return h(
    "tr",
    {},
    cells(
      [
        C.what,
        [h("div", { class: "clip" }, one.description), h("div", { class: "hint clip" }, one.merchant, " · ", mono(one.out_trade_no))],
        "wide",
      ],
      [C.who, h("span", { class: "clip" }, one.nickname)],
      [C.amount, [h("strong", { class: "sum" }, yuan(one.total)), back && h("div", { class: "hint" }, back)], "num"],
      [C.state, badge(M.states[one.state] || one.state, LOOKS[one.state])],
      [C.at, when(one.paid_at || one.created_at)],
      [C.actions, one.state === "NOTPAY" ? h("div", { class: "buttons" }, on("pay", "primary"), on("cancel"), on("refuse")) : "", "num"],
    ),
  );
}

function refunds(box) {
  const { box: grid, body } = table([[C.reason], [C.amount, "num"], [C.state], [C.at], [M.mark, "num"]], M.tabs.refunds),
    older = growing(50, refreshNow);
  box.append(grid, older.box);
  return async () => {
    const { refunds: all } = await ask(`refunds?limit=${older.size()}`);
    list(body, all, (one) => one.id, refundRow);
    none(grid, body, M.noRefunds);
    older.shown(all.length);
  };
}

function refundRow(one) {
  const mark = (status, look = "") =>
    button(M.actions[status], () => ask(`refunds/${one.refund_id}`, { status }), { look, done: M.marked(M.refundStates[status]) });
  const waits = one.state === "PROCESSING";
  return h(
    "tr",
    {},
    cells(
      [
        C.reason,
        [
          h("div", { class: "clip" }, one.reason || M.noReason),
          h("div", { class: "hint" }, mono(one.out_refund_no), " ← ", mono(one.out_trade_no)),
        ],
        "wide",
      ],
      [C.amount, h("strong", { class: "sum" }, yuan(one.amount)), "num"],
      [
        C.state,
        [
          badge(M.refundStates[one.state] || one.state, LOOKS[one.state]),
          waits && one.settle_at && h("div", { class: "hint" }, M.settles(relative(one.settle_at))),
        ],
      ],
      [C.at, when(one.settled_at || one.created_at)],
      [M.mark, waits ? h("div", { class: "buttons" }, mark("SUCCESS", "primary"), mark("ABNORMAL"), mark("CLOSED")) : "", "num"],
    ),
  );
}

function sharing(box) {
  const rounds = h("div", { class: "rows" }),
    back = h("div", { class: "rows" }),
    receivers = h("div", { class: "rows" });
  box.append(section(M.rounds, rounds), section(M.returns, back), section(M.receivers, receivers));
  return async () => {
    const seen = await ask("sharing?limit=200");
    list(rounds, seen.rounds, (one) => one.id, roundRow, M.noSharing);
    list(back, seen.returns, (one) => one.id, returnRow, M.noReturns);
    list(receivers, seen.receivers, (one) => `${one.mchid} ${one.account}`, receiverRow, M.noReceivers);
  };
}

const shareBadge = (state) => badge(M.shareStates[state] || state, LOOKS[state]);
const roundRow = (one) =>
  h(
    "div",
    { class: "row tall" },
    h(
      "div",
      { class: "grow" },
      mono(one.out_order_no),
      h("div", { class: "hint" }, `${M.transaction} `, mono(one.transaction_id)),
      (one.receivers || []).map((share) =>
        h(
          "div",
          { class: "row flat" },
          h("span", { class: "grow clip" }, `${share.account} · ${share.description}`),
          h("span", { class: "sum" }, yuan(share.amount)),
          shareBadge(share.result),
        ),
      ),
    ),
    shareBadge(one.state),
  );
const returnRow = (one) =>
  h(
    "div",
    { class: "row" },
    h("div", { class: "grow" }, mono(one.out_return_no || one.return_no || one.id), h("div", { class: "hint" }, when(one.created_at))),
    h("span", { class: "sum" }, yuan(one.amount || 0)),
    shareBadge(one.result || one.state),
  );
const receiverRow = (one) =>
  h(
    "div",
    { class: "row" },
    h(
      "div",
      { class: "grow" },
      h("div", { class: "clip" }, one.name || one.account),
      h("div", { class: "hint" }, `${one.account} · ${M.relation} ${one.relation_type}`),
    ),
    when(one.added_at, true),
  );

function bills(box) {
  const rows = h("div", { class: "rows" });
  box.append(section(M.tabs.bills, rows));
  return async () => list(rows, (await ask("bills?limit=100")).bills, (one) => one.id, billRow, M.noBills);
}

const billRow = (one) =>
  h(
    "button",
    { type: "button", class: "row", onclick: () => drawer(`${one.bill_date} ${M.billKinds[one.kind] || one.kind}`, bill(one.content)) },
    h(
      "span",
      { class: "grow" },
      h("span", {}, `${one.bill_date} · ${M.billKinds[one.kind] || one.kind}`),
      h("span", { class: "hint" }, one.mchid, " · ", M.billRows(one.content.trim().split("\n").length)),
    ),
    h("span", { class: "end hint" }, when(one.written_at, true)),
  );

/** A bill as a table; its values carry a leading grave accent. */
function bill(content) {
  const rows = content
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(",").map((value) => value.replace(/^`/, "")));
  return h(
    "div",
    { class: "table-box scroll" },
    h(
      "table",
      { class: "sheet" },
      rows.map((row, place) =>
        h(
          "tr",
          {},
          row.map((value) => h(place ? "td" : "th", {}, value)),
        ),
      ),
    ),
  );
}
