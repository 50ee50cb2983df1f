// Every limit of the contract: what holds now, what was declared and where it stands; edited in place.
import T from "./texts.zh-CN.js";
import { act, ask, button, h, list } from "./lib.js";
import { badge, cells, mono, search, table as tableOf, toggle } from "./parts.js";
import { none } from "./money.js";

const L = T.limits;
const refreshNow = () => document.dispatchEvent(new Event("refresh"));

export function table(box) {
  const state = { q: "", changed: false };
  const { box: grid, body } = tableOf(
    [[L.columns.name], [L.columns.value, "num"], [L.columns.declared, "num"], [L.columns.source], [""]],
    T.faults.tabs.limits,
  );
  const only = toggle(L.changedOnly, false, (element, on) => {
    element.setAttribute("aria-checked", String(on));
    state.changed = on;
    refreshNow();
  });
  const count = h("span", { class: "hint" });
  box.append(
    h(
      "div",
      { class: "bar" },
      search(L.placeholder, (q) => {
        state.q = q;
        refreshNow();
      }),
      h("label", { class: "inline" }, only, L.changedOnly),
      count,
    ),
    grid,
  );
  return async () => {
    const { limits } = await ask("limits");
    const found = limits.filter(
      (one) => `${one.name} ${one.source}`.toLowerCase().includes(state.q.toLowerCase()) && (!state.changed || one.value !== one.declared),
    );
    count.textContent = L.shown(found.length, limits.length);
    list(body, found, (one) => one.name, limitRow);
    none(grid, body, L.none);
  };
}

function limitRow(one) {
  const changed = one.value !== one.declared,
    unverified = one.source.includes("[K]");
  const input = h("input", { type: "number", min: 0, step: "any", value: one.value, "aria-label": L.valueOf(one.name) });
  const save = h("button", { type: "submit", class: "button", hidden: true }, T.common.save);
  input.addEventListener("input", () => (save.hidden = input.value === String(one.value)));
  const form = h(
    "form",
    {
      class: "edit",
      onsubmit: (event) => {
        event.preventDefault();
        act(
          save,
          async () => {
            if (input.value === "" || !(Number(input.value) >= 0)) throw new Error(L.badNumber);
            await ask("limits", { name: one.name, value: Number(input.value) });
          },
          L.saved(one.name),
        );
      },
    },
    save,
    input,
  );
  const reset = button(T.common.reset, () => ask("limits", { name: one.name }), { done: L.resetDone(one.name) });
  return h(
    "tr",
    {},
    cells(
      [L.columns.name, [mono(one.name), changed && badge(L.changed, "wait")], "wide"],
      [L.columns.value, form, "num"],
      [L.columns.declared, one.declared, "num"],
      [L.columns.source, [h("span", { class: "hint" }, one.source), unverified && badge(L.unverified)], "source"],
      ["", changed ? reset : "", "num"],
    ),
  );
}
