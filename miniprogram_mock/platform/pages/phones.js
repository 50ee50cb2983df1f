// Phones of people in WeChat: whom there is, and what one of them sees and does.
import T from "./texts.zh-CN.js";
import { act, ask, button, draw, empty, h, icon, list, query, when } from "./lib.js";
import { choice, field, following, growing, search, select } from "./parts.js";
import * as person from "./person.js";
import { chatMessage, notice, serviceMessage } from "./phone_messages.js";

const P = T.phones;
const refreshNow = () => document.dispatchEvent(new Event("refresh"));

export function open(box, [id]) {
  const state = { id: id || "", q: "", tab: "service", service: "", mini: "", world: null };
  const people = h("nav", { class: "people", "aria-label": P.people }),
    older = growing(60, refreshNow),
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
        h("header", { class: "list-head" }, h("h2", {}, P.people), count),
        search(P.placeholder, (q) => {
          state.q = q;
          older.reset();
          refreshNow();
        }),
        people,
        older.box,
        adding(),
      ),
      phone,
      side,
    ),
  );
  const screen = phoneScreen(phone, state),
    panel = person.panel(side, state);
  return {
    go([next]) {
      if ((next || "") !== state.id) {
        state.id = next || "";
        screen.clear();
        panel.clear();
      }
      return true;
    },
    async refresh() {
      box.dataset.chosen = String(Boolean(state.id));
      state.world ??= await ask("world");
      const [found] = await Promise.all([
        ask(`pages/users?${query({ q: state.q, limit: older.size() })}`),
        screen.refresh(),
        panel.refresh(),
      ]);
      count.textContent = P.count(found.users.length, found.all);
      list(people, found.users, (one) => one.id, personRow, P.none);
      for (const link of people.children) link.setAttribute("aria-current", link.dataset.key === state.id ? "page" : "false");
      older.shown(found.users.length);
    },
  };
}

const personRow = (one) =>
  h(
    "a",
    { class: "person", href: `#/phones/${one.id}` },
    h("span", { class: "face", "aria-hidden": "true" }, [...one.nickname][0]),
    h("span", { class: "grow" }, h("span", { class: "clip" }, one.nickname), h("span", { class: "hint clip" }, one.phone || P.noPhone)),
    h(
      "span",
      { class: "end" },
      one.last_at ? when(one.last_at, true) : "",
      h("span", { class: "hint" }, one.messages ? P.messages(one.messages) : ""),
    ),
  );

function adding() {
  const name = field(P.nickname, { required: true, maxlength: 32, name: "nickname" });
  const number = field(P.phone, { inputmode: "numeric", maxlength: 11, pattern: "\\d{11}", name: "phone" });
  const follow = h("input", { type: "checkbox", name: "follow" });
  const form = h(
    "form",
    {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        const values = new FormData(form);
        const body = { nickname: values.get("nickname"), phone: values.get("phone") || null, follow: values.has("follow") };
        act(
          form.querySelector("[type=submit]"),
          () => ask("users", body),
          (made) => {
            form.reset();
            location.hash = `#/phones/${made.id}`;
            return P.created(made.nickname);
          },
        );
      },
    },
    name,
    number,
    h("label", { class: "check" }, follow, P.follow),
    h("button", { class: "button primary", type: "submit" }, P.create),
  );
  return h("details", { class: "adding" }, h("summary", {}, P.add), form);
}

/** The phone itself: three inboxes, and a line to write. */
function phoneScreen(pane, state) {
  let parts = null;
  const clear = () => {
    parts = null;
    pane.replaceChildren();
  };
  return {
    clear,
    async refresh() {
      if (!state.id) return parts === null && pane.childElementCount === 0 ? pane.append(empty(P.pick, P.pickHint)) : undefined;
      const { id } = state,
        user = await ask(`users/${id}`);
      if (!parts) {
        pane.replaceChildren();
        parts = screenParts(pane, state);
      }
      parts.name.textContent = user.nickname;
      const shown = await parts.load(user);
      if (id === state.id && parts) parts.show(shown);
      return undefined;
    },
  };
}

const bar = (name) =>
  h(
    "div",
    { class: "phone-bar" },
    h("a", { class: "icon-button narrow", href: "#/phones", "aria-label": T.common.back }, icon("back")),
    name,
  );

function screenParts(pane, state) {
  const kinds = (kind) => state.world.accounts.filter((one) => one.kind === kind);
  const services = kinds("ServiceAccount"),
    minis = kinds("MiniProgram");
  state.service ||= services[0]?.appid || "";
  state.mini ||= minis[0]?.appid || "";
  const name = h("strong", {}),
    chat = h("div", { class: "chat", tabindex: 0, role: "log", "aria-label": P.tabs[state.tab] }),
    foot = h("div", { class: "phone-foot" });
  const accounts = h("div", { class: "phone-account" }),
    older = growing(50, refreshNow);
  const again = () => {
    chat.replaceChildren();
    foot.drawn = null;
    chooseAccount(accounts, state, services, minis, again);
    older.reset();
    refreshNow();
  };
  const tabs = choice(
    P.tabs,
    state.tab,
    (tab) => {
      state.tab = tab;
      chat.setAttribute("aria-label", P.tabs[tab]);
      again();
    },
    P.tabs.service,
  );
  chooseAccount(accounts, state, services, minis, again);
  pane.append(h("div", { class: "phone" }, bar(name), tabs, accounts, h("div", { class: "chat-older" }, older.box), chat, foot));
  return {
    name,
    load: (user) => inbox(user, state, older.size()),
    show({ items, menu }) {
      following(chat, () =>
        list(
          chat,
          items.toReversed(),
          (one) => one.key,
          (one) => drawn(state.tab, one),
          P.empty[state.tab],
        ),
      );
      older.shown(items.length);
      draw(foot, { tab: state.tab, menu, id: state.id, service: state.service, mini: state.mini }, () => writing(state, menu));
    },
  };
}

function chooseAccount(box, state, services, minis, again) {
  const [all, name] = state.tab === "service" ? [services, "service"] : state.tab === "chat" ? [minis, "mini"] : [[], ""];
  box.replaceChildren(
    all.length > 1
      ? select(
          T.common.account,
          all.map((one) => [one.appid, one.name]),
          state[name],
          (chosen) => {
            state[name] = chosen;
            again();
          },
        )
      : all.length
        ? h("span", {}, all[0].name)
        : "",
  );
}

const drawn = (tab, one) => (tab === "service" ? serviceMessage : tab === "notices" ? notice : chatMessage)(one);

async function inbox({ id, follows }, { tab, service, mini }, limit) {
  const keyed = (one) => ({ ...one, key: `${tab}${one.mine ? "m" : ""}${one.id}` });
  if (tab === "notices") return { items: (await ask(`users/${id}/notices?limit=${limit}`)).notices.map(keyed) };
  if (tab === "chat") return { items: (await ask(`users/${id}/chat?${query({ appid: mini, limit })}`)).messages.map(keyed) };
  const [got, said, menu] = await Promise.all([
    ask(`users/${id}/inbox?limit=${limit}`),
    ask(`users/${id}/service/said?${query({ appid: service, limit })}`), // Who does not follow sees no menu.
    follows[service]?.following ? ask(`users/${id}/service/menu?appid=${service}`) : { menu: null },
  ]);
  const mine = said.said.map((one) => ({ id: one.id, mine: true, text: one.text, sent_at: one.at }));
  const items = [...got.messages.filter((one) => one.account === service), ...mine].sort(
    (one, other) => other.sent_at.localeCompare(one.sent_at) || other.id - one.id,
  );
  return { items: items.map(keyed), menu: menu.menu };
}

/** What she can say or press at the bottom of her phone. */
function writing(state, menu) {
  if (state.tab === "notices") return [];
  const input = h("input", { "aria-label": P.write, placeholder: P.write, maxlength: 600, autocomplete: "off" });
  const form = h(
    "form",
    {
      class: "writing",
      onsubmit: (event) => {
        event.preventDefault();
        if (!input.value.trim()) return;
        const [path, appid] = state.tab === "chat" ? ["chat", state.mini] : ["service/message", state.service];
        act(
          form.lastChild,
          () => ask(`users/${state.id}/${path}`, { appid, text: input.value }),
          () => {
            input.value = "";
          },
        );
      },
    },
    input,
    h("button", { class: "button primary", type: "submit" }, T.common.send),
  );
  return [state.tab === "service" && menu ? menuBar(state, menu) : null, form];
}

function menuBar(state, menu) {
  const press = (path, name) =>
    button(name, () => ask(`users/${state.id}/service/menu`, { appid: state.service, path }), {
      done: ({ button: pressed }) => {
        const where = pressed.pagepath || pressed.url || pressed.key || "";
        return P.pressed(name) + (where ? P.leads(where) : "");
      },
    });
  return h(
    "nav",
    { class: "menu-bar", "aria-label": P.menu },
    (menu.button || menu).map((one, place) =>
      one.sub_button?.length
        ? h(
            "details",
            {},
            h("summary", {}, one.name),
            h(
              "div",
              { class: "sub-menu" },
              one.sub_button.map((sub, under) => press([place, under], sub.name)),
            ),
          )
        : press([place], one.name),
    ),
  );
}
