// Beside a phone: who she is to every account, and what she does outside a conversation.
import T from "./texts.zh-CN.js";
import { act, ask, button, draw, h, yuan } from "./lib.js";
import { badge, facts, mono, section, select, toggle } from "./parts.js";

const P = T.person;

export function panel(pane, state) {
  return {
    clear: () => {
      pane.drawn = null;
      pane.replaceChildren();
    },
    async refresh() {
      const { id } = state;
      if (!id) return;
      const services = state.world.accounts.filter((one) => one.kind === "ServiceAccount");
      const [user, payments, corps, codes, templates, answers] = await Promise.all([
        ask(`users/${id}`),
        ask("payments?limit=200"),
        ask(`users/${id}/wecom`),
        each(services, (one) => `service-accounts/${one.appid}/scene-codes?limit=50`, "scene_codes"),
        each(services, (one) => `service-accounts/${one.appid}/templates`, "templates"),
        each(services, (one) => `users/${id}/service/notices?appid=${one.appid}`, "notices"),
      ]);
      if (id !== state.id) return;
      const hers = new Set(Object.values(user.openids));
      const open = payments.payments.filter((one) => one.state === "NOTPAY" && hers.has(one.openid));
      delete user.messages;
      draw(pane, { user, open, corps, codes, templates, answers }, (seen) => [
        follows(seen.user, services),
        payable(seen.open),
        subscriptions(seen.user, state.world),
        notices(seen, services),
        scanning(seen),
        friends(seen.corps.corps),
        identity(seen.user, state.world),
      ]);
    },
  };
}

/** The lists of several accounts under one another, each row with its account. */
async function each(accounts, path, name) {
  const answers = await Promise.all(accounts.map((one) => ask(path(one))));
  return answers.flatMap((answer, place) => answer[name].map((row) => ({ ...row, appid: accounts[place].appid })));
}

const line = (label, control, note) =>
  h(
    "div",
    { class: "row" },
    h("div", { class: "grow" }, h("div", { class: "clip" }, label), note && h("div", { class: "hint clip" }, note)),
    control,
  );

function follows(user, services) {
  const doing = (path, body) => (element) => act(element, () => ask(`users/${user.id}/${path}`, body));
  return section(
    P.follows,
    services.map((account) => {
      const mark = user.follows[account.appid] || {},
        of = { appid: account.appid };
      return [
        line(
          P.following,
          toggle(P.following, Boolean(mark.following), (element, on) => doing(on ? "follow" : "unfollow", of)(element)),
          account.name,
        ),
        line(
          P.refuses,
          toggle(P.refuses, Boolean(mark.refuses_messages), (element, on) => doing("restrict", { ...of, refuses_messages: on })(element)),
        ),
        line(
          P.blacklisted,
          toggle(P.blacklisted, Boolean(mark.blacklisted), (element, on) => doing("restrict", { ...of, blacklisted: on })(element)),
        ),
      ];
    }),
  );
}

function payable(payments) {
  if (!payments.length) return null;
  const act_ = (one, action, done, look = "") =>
    button(P.paying[action], () => ask(`payments/${one.mchid}/${one.out_trade_no}`, { action }), { done, look });
  return section(
    P.pay,
    payments.map((one) =>
      h(
        "div",
        { class: "row tall" },
        h(
          "div",
          { class: "grow" },
          h("div", { class: "clip" }, one.description),
          h("div", { class: "hint clip" }, one.merchant),
          mono(one.out_trade_no),
        ),
        h(
          "div",
          { class: "end" },
          h("strong", { class: "sum" }, yuan(one.total)),
          h(
            "div",
            { class: "buttons" },
            act_(one, "pay", P.paid, "primary"),
            act_(one, "cancel", P.cancelled),
            act_(one, "refuse", P.refused),
          ),
        ),
      ),
    ),
  );
}

function subscriptions(user, world) {
  const kept = new Map(user.subscriptions.map((one) => [`${one.appid} ${one.template_id}`, one]));
  return section(
    P.subscribe,
    world.accounts
      .filter((one) => one.kind === "MiniProgram")
      .flatMap((account) =>
        account.subscribe_templates.map((template) => {
          const mine = kept.get(`${account.appid} ${template.template_id}`);
          const answer = (what) =>
            button(
              P[what],
              () =>
                ask(`users/${user.id}/subscribe`, { appid: account.appid, answers: [{ template_id: template.template_id, answer: what }] }),
              { done: P.accepted(template.title) },
            );
          return answering(template.title, account.name, mine, answer);
        }),
      ),
  );
}

function notices({ user, templates, answers }, services) {
  const asked = templates.filter((one) => one.kind === "notice");
  if (!asked.length) return null;
  const kept = new Map(answers.map((one) => [`${one.appid} ${one.template_id}`, one]));
  const names = new Map(services.map((one) => [one.appid, one.name]));
  return section(
    P.notices,
    asked.map((template) => {
      const answer = (what) =>
        button(
          P[what],
          () =>
            ask(`users/${user.id}/service/notices`, {
              appid: template.appid,
              answers: [{ template_id: template.template_id, answer: what }],
            }),
          { done: P.accepted(template.title) },
        );
      return answering(template.title, names.get(template.appid), kept.get(`${template.appid} ${template.template_id}`), answer);
    }),
  );
}

const answering = (title, account, mine, answer) =>
  h(
    "div",
    { class: "row" },
    h(
      "div",
      { class: "grow" },
      h("div", { class: "clip" }, title),
      h(
        "div",
        { class: "hint clip" },
        mine ? [P.answers[mine.answer] || mine.answer, " · ", P.credits(mine.credits)] : P.never,
        " · ",
        account,
      ),
    ),
    h("div", { class: "buttons" }, answer("accept"), answer("reject")),
  );

function scanning({ user, codes }) {
  if (!codes.length) return section(P.scan, h("p", { class: "hint pad" }, P.noCodes));
  let chosen = codes[0].ticket;
  const scan = (follow) => () => ask(`users/${user.id}/service/scan`, { ticket: chosen, follow });
  return section(
    P.scan,
    h(
      "div",
      { class: "stack pad" },
      select(
        P.scan,
        codes.map((one) => [one.ticket, String(one.scene)]),
        chosen,
        (ticket) => (chosen = ticket),
      ),
      h(
        "div",
        { class: "buttons" },
        button(P.doScan, scan(true), { done: P.scanned, look: "primary" }),
        button(P.justLook, scan(false), { done: P.scanned }),
      ),
    ),
  );
}

function friends(corps) {
  const rows = corps.flatMap((corp) => [
    ...corp.friends.map((userid) =>
      h(
        "a",
        { class: "row", href: `#/wecom/${encodeURIComponent(userid)}` },
        h("span", { class: "grow clip" }, userid),
        mono(corp.external_userid),
      ),
    ),
    ...corp.groups.map((group) => h("div", { class: "row" }, h("span", { class: "grow clip" }, group.name), badge(P.groups))),
  ]);
  return section(P.wecom, rows.length ? rows : h("p", { class: "hint pad" }, P.noFriends));
}

function identity(user, world) {
  const names = new Map(world.accounts.map((one) => [one.appid, one.name]));
  const set = (path, body) => (element) => act(element, () => ask(`users/${user.id}/${path}`, body));
  const pay = (abnormal) =>
    button(abnormal ? P.payBreak : P.payMend, () => ask(`users/${user.id}/pay-account`, { abnormal }), { done: T.common.done });
  return section(
    P.identity,
    [
      line(
        P.markRisk,
        toggle(P.markRisk, user.high_risk, (element, on) => set("risk", { high_risk: on })(element)),
      ),
      h("div", { class: "row" }, h("span", { class: "grow" }, P.payAbnormal), h("div", { class: "buttons" }, pay(true), pay(false))),
      h(
        "div",
        { class: "pad" },
        facts([
          [P.phone, user.phone],
          [P.unionid, mono(user.unionid)],
          ...Object.entries(user.openids).map(([appid, openid]) => [P.openid(names.get(appid) || appid), mono(openid)]),
        ]),
      ),
    ],
    { side: user.closed ? badge(P.closed, "bad") : null },
  );
}
