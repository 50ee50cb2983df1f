// The simulator's page: polls the JSON under /_sim/ and shows what Tencent's users would see.
const POLL_MS = 1500;
const PAYMENT = { NOTPAY: ["待支付", "wait"], SUCCESS: ["支付成功", "good"], CLOSED: ["已关闭", ""], REFUND: ["转入退款", ""] };
const REFUND = { PROCESSING: ["退款处理中", "wait"], SUCCESS: ["退款成功", "good"], ABNORMAL: ["退款异常", "bad"], CLOSED: ["退款关闭", "bad"] };
const CALLBACK = { pending: ["待发送", "wait"], delivered: ["已送达", "good"], given_up: ["已放弃", "bad"], lost: ["已丢弃（故障）", "bad"] };
const EVENT = {
  "TRANSACTION.SUCCESS": "支付成功通知", "REFUND.SUCCESS": "退款成功通知", "REFUND.ABNORMAL": "退款异常通知", "REFUND.CLOSED": "退款关闭通知",
  TEMPLATESENDJOBFINISH: "模板消息送达回执", template_card_event: "卡片按钮点击", subscribe: "关注", unsubscribe: "取消关注",
};
const shown = new Map();
const state = { offset: 0, world: null, users: [] };
const $ = (id) => document.getElementById(id);

function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null));
  return node;
}

async function ask(path, body) {
  const options = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const answer = await fetch(`/_sim/${path}`, options);
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error || `HTTP ${answer.status}`);
  return content;
}

// Redraw only what changed, so that scrolling, open details and text selection stay where they are.
function draw(id, content, build) {
  const key = JSON.stringify(content);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  const box = $(id);
  const open = new Set([...box.querySelectorAll("details[open]")].map((one) => one.dataset.id));
  const top = box.scrollTop;
  box.replaceChildren(...build(content));
  for (const one of box.querySelectorAll("details")) one.open = open.has(one.dataset.id);
  box.scrollTop = top;
}

function toast(text) {
  const box = $("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => (box.hidden = true), 5000);
}

const yuan = (fen) => `¥${(fen / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2 })}`;
const moment = (iso) => (iso ? `${iso.slice(5, 10).replace("-", "月")}日 ${iso.slice(11, 19)}` : "");
const tag = ([text, kind]) => h("span", { class: `tag ${kind}` }, text);
const none = (text) => h("p", { class: "none" }, text);

function row(name, side, note, more, extra, kind = "") {
  return h("div", { class: `row ${kind}` },
    h("div", { class: "line" }, h("div", { class: "name" }, name), h("div", { class: "side" }, side)),
    h("div", { class: "line note" }, h("div", { class: "name", title: typeof note === "string" ? note : null }, note), h("div", { class: "side" }, more)),
    extra);
}

function templateMessage(message) {
  const target = message.miniprogram ? "进入小程序查看" : message.url ? "查看详情" : null;
  return [
    h("div", { class: "at" }, moment(message.sent_at)),
    h("article", { class: "card" },
      h("div", { class: "card-body" },
        h("h3", {}, message.title),
        h("dl", {}, message.fields.map((field) => [h("dt", {}, field.label), h("dd", {}, field.value)]))),
      target && h("div", { class: "more", title: message.miniprogram?.pagepath || message.url }, target)),
  ];
}

function cardButtons(message) {
  if (message.replace_name) return h("div", { class: "buttons" }, h("span", { class: "done" }, message.replace_name));
  const buttons = message.template_card.button_list || [];
  if (!buttons.length) return null;
  return h("div", { class: "buttons" }, buttons.map((button) => {
    if (button.type === 1) return h("a", { href: button.url, target: "_blank", rel: "noreferrer" }, button.text);
    const look = { 2: "quiet", 3: "danger" }[button.style] || "";
    return h("button", { type: "button", class: look, onclick: (event) => press(event.target, message, button) }, button.text);
  }));
}

async function press(element, message, button) {
  element.disabled = true;
  try {
    await ask(`staff/${$("member").value}/press`, { message_id: message.id, key: button.key });
    await refresh();
  } catch (error) {
    toast(error.message);
  } finally {
    element.disabled = false;
  }
}

function workContent(message) {
  const card = message.template_card;
  if (card) {
    const lines = card.horizontal_content_list || [];
    const emphasis = card.emphasis_content?.title;
    return [
      h("div", { class: "card-body" },
        card.source?.desc && h("div", { class: "source" }, card.source.desc),
        card.main_title?.title && h("h3", {}, card.main_title.title),
        card.main_title?.desc && h("p", { class: "lead" }, card.main_title.desc),
        emphasis && h("h3", {}, emphasis),
        card.sub_title_text && h("p", { class: "lead" }, card.sub_title_text),
        lines.length ? h("dl", {}, lines.map((line) => [h("dt", {}, line.keyname), h("dd", {}, line.value || "")])) : null),
      card.card_action?.type ? h("div", { class: "more", title: card.card_action.url || card.card_action.pagepath }, "查看详情") : null,
      cardButtons(message),
    ];
  }
  if (message.textcard) {
    return [
      h("div", { class: "card-body" }, h("h3", {}, message.textcard.title), h("pre", {}, message.textcard.description)),
      h("div", { class: "more", title: message.textcard.url }, message.textcard.btntxt || "详情"),
    ];
  }
  return [h("div", { class: "card-body" }, h("pre", {}, (message.text || message.markdown).content))];
}

const workMessage = (message) => [h("div", { class: "at" }, moment(message.sent_at)), h("article", { class: "card" }, workContent(message))];

function paymentRows({ payments, refunds }) {
  if (!payments.length) return [none("还没有支付。小程序下单后会出现在这里。")];
  return payments.flatMap((payment) => [
    row(`${payment.nickname} · ${payment.description}`, yuan(payment.total), h("code", {}, payment.out_trade_no),
      h("span", {}, tag(PAYMENT[payment.state]), ` ${moment(payment.paid_at || payment.created_at)}`)),
    ...refunds.filter((refund) => refund.out_trade_no === payment.out_trade_no && refund.mchid === payment.mchid).map((refund) =>
      row(`退款${refund.reason ? ` · ${refund.reason}` : ""}`, `-${yuan(refund.amount)}`, h("code", {}, refund.out_refund_no),
        h("span", {}, tag(REFUND[refund.state]), ` ${moment(refund.settled_at || refund.created_at)}`), null, "sub")),
  ]);
}

function callbackRows(callbacks) {
  if (!callbacks.length) return [none("还没有回调。")];
  return callbacks.map((one) => {
    const answer = one.last_error ? ` · ${one.last_error}` : one.last_status ? ` · HTTP ${one.last_status}` : "";
    const next = one.next_at && one.attempts ? ` · 下次 ${moment(one.next_at)}` : "";
    return row(EVENT[one.event] || one.event, tag(CALLBACK[one.state]), `${one.recipient} · 第 ${one.attempts} 次${answer}${next}`, moment(one.created_at));
  });
}

function callRows(calls) {
  if (!calls.length) return [none("没有符合条件的调用。")];
  return calls.map((call) => {
    const good = call.status < 400 && call.errcode === "0" && call.outcome === "answered";
    const how = { "timed out": "超时（已受理）", fault: `故障 ${call.errcode}` }[call.outcome] || (good ? "成功" : call.errcode);
    const detail = [call.query && `? ${call.query}`, call.request, call.answer && `→ ${call.answer}`].filter(Boolean).join("\n");
    return row(h("code", { title: call.path }, `${call.method} ${call.path}`), tag([how, good ? "good" : "bad"]), call.host, `${moment(call.at)} · ${call.ms} ms`,
      h("details", { "data-id": call.id }, h("summary", {}, "请求与应答"), h("pre", {}, detail)));
  });
}

function userRows(users) {
  const service = state.world.accounts.find((account) => account.kind === "ServiceAccount");
  return users.map((user) => {
    const following = user.follows[service.appid].following;
    const button = h("button", { type: "button", class: "small", onclick: () => follow(user, service.appid, !following) }, following ? "取消关注" : "关注");
    const openids = state.world.accounts.filter((account) => user.openids[account.appid]).map((account) => `${account.name} ${user.openids[account.appid]}`);
    return row(h("span", {}, user.nickname, user.phone ? ` · ${user.phone}` : "", following ? "" : " · 未关注"), button, `unionid ${user.unionid}`, "",
      h("details", { "data-id": user.id }, h("summary", {}, "openid"), h("pre", {}, openids.join("\n"))));
  });
}

async function follow(user, appid, following) {
  try {
    await ask(`users/${user.id}/${following ? "follow" : "unfollow"}`, { appid });
    await refresh();
  } catch (error) {
    toast(error.message);
  }
}

function choose(id, options) {
  draw(id, options, () => {
    const chosen = $(id).value;
    return options.map(([value, label]) => h("option", { value, selected: value === chosen }, label));
  });
}

function tick() {
  const now = new Date(Date.now() + state.offset * 1000 + 8 * 3600 * 1000).toISOString();
  $("clock-time").textContent = now.slice(11, 19);
  const days = Math.floor(state.offset / 86400), hours = Math.round((state.offset % 86400) / 3600);
  const ahead = state.offset ? ` · 拨快 ${days ? `${days} 天` : ""}${hours ? ` ${hours} 小时` : ""}` : "";
  $("clock-day").textContent = `${now.slice(0, 10)}${ahead}`;
}

async function refresh() {
  state.world ??= await ask("world");
  const filter = $("call-filter").value.trim();
  const [clock, users, staff, payments, refunds, callbacks, calls] = await Promise.all([
    ask("clock"), ask("users?limit=200"), ask("staff"), ask("payments"), ask("refunds"), ask("callbacks?limit=60"),
    ask(`calls?limit=60${filter ? `&path=${encodeURIComponent(`*${filter}*`)}` : ""}`),
  ]);
  state.offset = clock.offset_seconds;
  tick();
  // Whoever was written to last comes first: that is the inbox people want to look at.
  const readers = users.users.slice().sort((one, other) => other.last_message - one.last_message || one.id - other.id);
  choose("user", readers.map((user) => [String(user.id), `${user.nickname}${user.messages ? `（${user.messages} 条）` : ""}`]));
  const members = staff.staff.sort((one, other) => other.messages - one.messages);
  choose("member", members.map((one) => [one.userid, `${one.userid}${one.messages ? `（${one.messages} 条）` : ""}${one.visible ? "" : " · 不可见"}`]));
  draw("payments", { payments: payments.payments, refunds: refunds.refunds }, paymentRows);
  draw("callbacks", callbacks.callbacks, callbackRows);
  draw("calls", calls.calls, callRows);
  draw("users", users.users, userRows);
  await inboxes(users.users);
}

async function inboxes(users) {
  const service = state.world.accounts.find((account) => account.kind === "ServiceAccount");
  const corp = state.world.accounts.find((account) => account.kind === "Corp");
  const [inbox, work] = await Promise.all([ask(`users/${$("user").value}/inbox`), ask(`staff/${$("member").value}/inbox`)]);
  const user = users.find((one) => String(one.id) === $("user").value);
  $("account-name").textContent = service.name;
  $("follow-state").textContent = user.follows[service.appid].following ? "服务号 · 已关注" : "服务号 · 未关注";
  $("corp-name").textContent = corp.name;
  $("member-state").textContent = `企业微信应用 · ${$("member").value}${work.dropped ? ` · 超频丢弃 ${work.dropped} 条` : ""}`;
  const oldestFirst = (messages) => messages.slice().reverse();
  conversation("inbox", oldestFirst(inbox.messages), templateMessage, "还没有服务号消息");
  conversation("work-inbox", oldestFirst(work.messages), workMessage, "还没有企业微信消息");
}

// A chat opens at its newest message, and follows it unless the reader scrolled up.
function conversation(id, messages, build, empty) {
  const box = $(id);
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  draw(id, messages, () => (messages.length ? messages.flatMap(build) : [none(empty)]));
  if (atEnd) box.scrollTop = box.scrollHeight;
}

async function advance(button) {
  button.disabled = true;
  try {
    const answer = await ask("clock/advance", { seconds: Number(button.dataset.advance) });
    const failed = answer.followers.filter((follower) => !follower.ok);
    toast(failed.length ? `时钟已拨快，但平台没有跟上：${failed.map((one) => one.error || `HTTP ${one.status}`).join("，")}` : `时钟已拨快 ${button.textContent.replace("+", "")}`);
    await refresh();
  } catch (error) {
    toast(error.message);
  } finally {
    button.disabled = false;
  }
}

function show(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-current", button.dataset.show === view);
}

async function poll() {
  if (!document.hidden) {
    try {
      await refresh();
      $("health").textContent = "运行中";
      $("health").className = "health up";
    } catch (error) {
      $("health").textContent = error instanceof TypeError ? "连接已断开，正在重试" : error.message;
      $("health").className = "health down";
    }
  }
  setTimeout(poll, POLL_MS);
}

for (const button of document.querySelectorAll("[data-advance]")) button.addEventListener("click", () => advance(button));
for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => show(button.dataset.show));
for (const id of ["user", "member", "call-filter"]) $(id).addEventListener("input", () => refresh().catch((error) => toast(error.message)));
show(location.hash.slice(1) || "consumer");
setInterval(tick, 1000);
poll();
