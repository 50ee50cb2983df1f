// WeCom of the staff: members by department, and what one of them reads, presses and has to do.
import T from "./texts.zh-CN.js";
import { ask, draw, empty, h, icon, list } from "./lib.js";
import { badge, choice, following, growing, search } from "./parts.js";
import * as cards from "./wecom_cards.js";
import * as customers from "./wecom_customers.js";

const W = T.wecom;
const refreshNow = () => document.dispatchEvent(new Event("refresh"));

export function open(box, [userid]) {
  const state = { userid: userid || "", q: "", tab: "inbox" };
  const people = h("nav", { class: "people", "aria-label": W.members }),
    count = h("span", { class: "hint" });
  const phone = h("div", { class: "phone-pane" }),
    side = h("div", { class: "side-pane" });
  box.append(
    h(
      "div",
      { class: "three" },
      h(
        "div",
        { class: "list-pane" },
        h("header", { class: "list-head" }, h("h2", {}, W.members), count),
        search(W.placeholder, (q) => {
          state.q = q;
          refreshNow();
        }),
        people,
      ),
      phone,
      side,
    ),
  );
  let screen = null;
  const clear = () => {
    screen = null;
    phone.replaceChildren();
    side.drawn = null;
    side.replaceChildren();
  };
  return {
    go([next]) {
      if ((next || "") !== state.userid) {
        state.userid = next || "";
        clear();
      }
      return true;
    },
    async refresh() {
      box.dataset.chosen = String(Boolean(state.userid));
      const [{ staff }, departments] = await Promise.all([ask("staff"), departmentsOf()]);
      const found = narrowed(staff, departments, state.q);
      count.textContent = T.phones.count(found.length, staff.length);
      list(people, grouped(found), (one) => one.key, personRow, W.none);
      for (const link of people.children)
        if (link.dataset.userid) link.setAttribute("aria-current", link.dataset.userid === state.userid ? "page" : "false");
      const member = staff.find((one) => one.userid === state.userid);
      if (!state.userid) {
        if (!phone.childElementCount) phone.append(empty(W.pick, W.pickHint));
        return;
      }
      screen ??= screenOf(phone, state);
      await Promise.all([screen(member), customers.panel(side, state.userid)]);
    },
  };
}

// Where there are several corps each is asked by its name.
async function departmentsOf() {
  const corps = new Set((await ask("wecom/apps")).apps.map((one) => one.corpid));
  const answers = await Promise.all(
    [...corps].map(async (corpid) => [corpid, (await ask(`wecom/departments?corpid=${corpid}`)).departments]),
  );
  return new Map(answers.flatMap(([corpid, rows]) => rows.map((row) => [`${corpid} ${row.id}`, row.name])));
}

function narrowed(staff, departments, q) {
  const named = staff.map((one) => ({
    ...one,
    department: one.departments.map((id) => departments.get(`${one.corpid} ${id}`) || String(id)).join("、") || "—",
  }));
  const wanted = q.toLowerCase();
  return named.filter((one) => `${one.name} ${one.userid} ${one.department}`.toLowerCase().includes(wanted));
}

/** Departments as headings; whoever has messages comes first in hers. */
function grouped(staff) {
  const groups = Map.groupBy(staff, (one) => one.department);
  return [...groups].flatMap(([department, members]) => [
    { key: `d ${department}`, heading: department, size: members.length },
    ...members.toSorted((one, other) => other.messages - one.messages).map((one) => ({ key: `${one.corpid} ${one.userid}`, ...one })),
  ]);
}

function personRow(one) {
  if (one.heading) return h("h3", { class: "group-head" }, one.heading, h("span", { class: "hint" }, one.size));
  return h(
    "a",
    { class: "person", href: `#/wecom/${encodeURIComponent(one.userid)}`, "data-userid": one.userid },
    h("span", { class: "face square", "aria-hidden": "true" }, [...one.name][0]),
    h("span", { class: "grow" }, h("span", { class: "clip" }, one.name), h("span", { class: "hint clip" }, one.userid)),
    h(
      "span",
      { class: "end" },
      one.visible ? null : badge(W.invisible),
      h("span", { class: "hint" }, one.messages ? T.phones.messages(one.messages) : ""),
    ),
  );
}

function screenOf(pane, state) {
  pane.replaceChildren();
  const name = h("strong", {}),
    chat = h("div", { class: "chat", tabindex: 0, role: "log", "aria-label": W.tabs.inbox }),
    older = growing(50, refreshNow),
    note = h("div", { class: "phone-note" });
  const tabs = choice(
    { inbox: W.tabs.inbox, dropped: W.tabs.dropped },
    state.tab,
    (tab) => {
      state.tab = tab;
      chat.replaceChildren();
      older.reset();
      refreshNow();
    },
    W.tabs.inbox,
  );
  pane.append(
    h(
      "div",
      { class: "phone work" },
      h(
        "div",
        { class: "phone-bar" },
        h("a", { class: "icon-button narrow", href: "#/wecom", "aria-label": T.common.back }, icon("back")),
        name,
      ),
      tabs,
      note,
      h("div", { class: "chat-older" }, older.box),
      chat,
    ),
  );
  return async (member) => {
    const { userid, tab } = state,
      address = `staff/${encodeURIComponent(userid)}`;
    const inbox = await ask(`${address}/inbox?limit=${tab === "inbox" ? older.size() : 1}`);
    const shown = tab === "inbox" ? inbox.messages : (await ask(`${address}/dropped?limit=${older.size()}`)).dropped;
    if (userid !== state.userid || tab !== state.tab) return;
    name.textContent = member?.name || userid;
    draw(note, { dropped: inbox.dropped, tab }, () =>
      tab === "dropped" ? h("p", {}, W.droppedLead) : inbox.dropped ? h("p", {}, badge(W.dropped(inbox.dropped), "wait")) : [],
    );
    following(chat, () =>
      list(
        chat,
        shown.toReversed(),
        (one) => `${tab}${one.id}`,
        (one) => (tab === "inbox" ? cards.message(one, userid) : cards.lost(one)),
        tab === "inbox" ? W.empty : W.droppedNone,
      ),
    );
    older.shown(shown.length);
  };
}
