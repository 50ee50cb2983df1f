// Merchants' money: what may be spent, what waits for sharing or delivery, and every movement of it.
import T from "./texts.zh-CN.js";
import { ask, draw, h, list, when, yuan } from "./lib.js";
import { badge, drawer, mono, section } from "./parts.js";

const M = T.money;

export function money(box) {
  const cards = h("div", { class: "grid" }),
    frozen = h("div", { class: "rows" });
  box.append(cards, section(M.frozen, frozen, { hint: M.frozenLead }));
  return async () => {
    const [{ merchants }, world] = await Promise.all([ask("merchants"), ask("world")]);
    const minis = world.accounts.filter((one) => one.kind === "MiniProgram");
    const orders = (await Promise.all(minis.map((one) => ask(`mini-programs/${one.appid}/orders?limit=200`)))).flatMap(
      (answer) => answer.orders,
    );
    const all = merchants.flatMap((one) => [one, ...one.sub_merchants.map((sub) => ({ ...sub, dealer: true }))]);
    draw(cards, all, () => all.map(card));
    list(frozen, waiting(all, orders), (one) => one.key, frozenRow, M.frozenNone);
  };
}

function card(one) {
  const { available, ...others } = one.balance;
  return h(
    "article",
    { class: "panel merchant" },
    h(
      "header",
      { class: "panel-head" },
      h("div", { class: "grow" }, h("h3", { class: "clip", title: one.name }, one.name), h("p", { class: "hint" }, mono(one.mchid))),
      badge(one.dealer ? M.dealerOf : M.keyModes[one.key_mode]),
    ),
    h(
      "div",
      { class: "pad" },
      h("p", { class: "hint" }, M.balance.available),
      h("p", { class: "big sum" }, yuan(available)),
      h(
        "dl",
        { class: "facts split" },
        Object.entries(others).map(([name, fen]) => [
          h("dt", {}, M.balance[name] || name),
          h("dd", { class: fen ? "sum" : "sum none" }, yuan(fen)),
        ]),
      ),
      h("button", { type: "button", class: "button", onclick: () => funds(one) }, M.funds),
    ),
  );
}

/** Money that nobody may spend yet: by merchant while it waits for sharing, by order while it waits for a delivery. */
function waiting(all, orders) {
  return [
    ...all
      .filter((one) => one.balance.waits_for_sharing)
      .map((one) => ({
        key: one.mchid,
        name: one.name,
        number: one.mchid,
        fen: one.balance.waits_for_sharing,
        why: M.balance.waits_for_sharing,
      })),
    ...orders
      .filter((one) => one.frozen)
      .map((one) => ({
        key: one.transaction_id,
        name: one.description,
        number: one.merchant_trade_no,
        fen: one.paid_amount,
        why: M.balance.waits_for_delivery,
      })),
  ];
}

const frozenRow = (one) =>
  h(
    "div",
    { class: "row" },
    h("div", { class: "grow" }, h("div", { class: "clip" }, one.name), h("div", { class: "hint" }, mono(one.number))),
    badge(one.why, "wait"),
    h("span", { class: "sum" }, yuan(one.fen)),
  );

async function funds(one) {
  const rows = h("div", { class: "rows" }, h("p", { class: "hint pad" }, T.common.loading));
  drawer(M.fundsOf(one.name), rows);
  try {
    const { funds: moved } = await ask(`merchants/${one.mchid}/funds?limit=200`);
    rows.replaceChildren();
    list(rows, moved, (row) => row.id, fundRow, M.noFunds);
  } catch (error) {
    rows.replaceChildren(h("p", { class: "pad" }, error.message));
  }
}

const fundRow = (row) =>
  h(
    "div",
    { class: "row" },
    h(
      "div",
      { class: "grow" },
      h("div", {}, row.business, " ", h("span", { class: "hint" }, M.account[row.account] || row.account)),
      h("div", { class: "hint" }, when(row.at)),
    ),
    h(
      "div",
      { class: "end" },
      h("span", { class: `sum ${row.amount < 0 ? "" : "plus"}` }, `${row.amount > 0 ? "+" : ""}${yuan(row.amount)}`),
      h("span", { class: "hint" }, M.balanceAfter(yuan(row.balance))),
    ),
  );
