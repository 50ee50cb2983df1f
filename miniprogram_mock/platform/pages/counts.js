// Counts: calls in groups, and what was asked for more than once against what happened.
import T from "./texts.zh-CN.js";
import { ask, h, list } from "./lib.js";
import { badge, cells, choice, mono, search, table, toggle } from "./parts.js";
import { none } from "./money.js";

const C = T.calls,
  D = T.duplicates;
const refreshNow = () => document.dispatchEvent(new Event("refresh"));

export function summary(box) {
  let by = "path";
  const { box: grid, body } = table(
    [[C.columns.path], [C.columns.errcode], [C.columns.calls, "num"], [C.columns.ms, "num"]],
    C.tabs.summary,
  );
  box.append(
    h(
      "div",
      { class: "bar" },
      choice(
        C.groups,
        by,
        (name) => {
          by = name;
          refreshNow();
        },
        C.by,
      ),
    ),
    grid,
  );
  return async () => {
    const { summary: rows } = await ask(`calls/summary?by=${by === "path" ? "host,path" : by},errcode`);
    list(
      body,
      rows,
      (one) => `${by} ${one.host} ${one[by]} ${one.errcode}`,
      (one) => summaryRow(one, by),
    );
    none(grid, body, C.summaryNone);
  };
}

const summaryRow = (one, by) =>
  h(
    "tr",
    {},
    cells(
      [
        C.columns.path,
        [
          h(
            "a",
            {
              href: `#/calls/list/${encodeURIComponent(new URLSearchParams({ [by]: one[by] ?? "", errcode: one.errcode }))}`,
              title: C.seeThese,
            },
            mono(one[by] ?? "—"),
          ),
          one.host && h("div", { class: "hint" }, C.hosts[one.host] || one.host),
        ],
        "wide",
      ],
      [C.columns.errcode, badge(one.errcode === "0" ? C.ok : one.errcode, one.errcode === "0" ? "good" : "bad")],
      [C.columns.calls, h("strong", {}, one.calls), "num"],
      [C.columns.ms, one.ms, "num"],
    ),
  );

export function duplicates(box) {
  const state = { q: "", only: false };
  const { box: grid, body } = table(
    [[D.columns.kind], [D.columns.key], [D.columns.attempts, "num"], [D.columns.deduplicated, "num"], [D.columns.effects, "num"]],
    C.tabs.duplicates,
  );
  const verdict = h("p", { class: "verdict", role: "status" });
  const only = toggle(D.onlyRepeated, false, (element, on) => {
    element.setAttribute("aria-checked", String(on));
    state.only = on;
    refreshNow();
  });
  box.append(
    verdict,
    h("p", { class: "hint" }, D.lead),
    h(
      "div",
      { class: "bar" },
      search(T.common.search, (q) => {
        state.q = q;
        refreshNow();
      }),
      h("label", { class: "inline" }, only, D.onlyRepeated),
    ),
    grid,
  );
  return async () => {
    const { duplicates: all } = await ask("duplicates");
    const twice = all.filter((one) => one.effects > 1);
    verdict.textContent = twice.length ? D.twice(twice.length) : D.never;
    verdict.className = `verdict ${twice.length ? "bad" : "good"}`;
    const found = all
      .filter((one) => `${one.kind} ${one.key}`.includes(state.q) && (!state.only || one.attempts > 1))
      .sort((one, other) => other.effects - one.effects || other.attempts - one.attempts)
      .slice(0, 500);
    list(body, found, (one) => `${one.kind} ${one.key}`, duplicateRow);
    none(grid, body, all.length ? T.common.nothing : D.none);
  };
}

const duplicateRow = (one) =>
  h(
    "tr",
    { class: one.effects > 1 ? "alarm" : "" },
    cells(
      [D.columns.kind, one.kind],
      [D.columns.key, mono(one.key), "wide"],
      [D.columns.attempts, one.attempts, "num"],
      [D.columns.deduplicated, one.deduplicated, "num"],
      [D.columns.effects, h("strong", {}, one.effects), "num"],
    ),
  );
