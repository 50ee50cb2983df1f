// Beside a member's WeCom: tasks to confirm, people who asked to be added, her customers and the corp's tags.
import T from "./texts.zh-CN.js";
import { act, ask, button, draw, h, when } from "./lib.js";
import { badge, drawer, facts, mono, section, select } from "./parts.js";

const W = T.wecom;

export async function panel(pane, userid) {
  const at = `staff/${encodeURIComponent(userid)}`;
  const [tasks, requests, customers, staff] = await Promise.all([
    ask(`${at}/tasks`),
    ask(`${at}/requests`),
    ask(`${at}/customers`),
    ask("staff"),
  ]);
  const corpid = staff.staff.find((one) => one.userid === userid)?.corpid;
  const tags = corpid ? await ask(`wecom/tags?corpid=${corpid}`) : { groups: [] };
  draw(pane, { at, ...tasks, ...requests, ...customers, ...tags }, (seen) => [
    section(W.tasks, seen.tasks.length ? seen.tasks.map((task) => taskRow(at, task)) : none(W.noTasks), { side: counted(seen.tasks) }),
    section(W.requests, seen.requests.length ? seen.requests.map((one) => requestRow(at, one)) : none(W.noRequests), {
      side: counted(seen.requests),
    }),
    section(W.customers, seen.customers.length ? seen.customers.map((one) => customerRow(at, one, seen.groups)) : none(W.noCustomers), {
      side: counted(seen.customers),
    }),
    section(W.tags, seen.groups.length ? h("div", { class: "pad stack" }, seen.groups.map(tagGroup)) : none(W.noTags)),
  ]);
}

const none = (text) => h("p", { class: "hint pad" }, text);
const counted = (rows) => (rows.length ? badge(String(rows.length)) : null);
const tagGroup = (group) =>
  h(
    "div",
    {},
    h("p", { class: "hint" }, group.group_name),
    h(
      "p",
      { class: "badges" },
      group.tag.map((one) => badge(one.name)),
    ),
  );

function taskRow(at, task) {
  const size = task.chat_type === "group" ? W.targetsGroup(task.targets.length) : W.targets(task.targets.length);
  const notes = [
    size,
    task.attachments?.length ? W.attachments(task.attachments.length) : "",
    task.reminded ? W.reminded(task.reminded) : "",
  ]
    .filter(Boolean)
    .join(" · ");
  const boxes = task.targets.map((target) =>
    h("label", { class: "check" }, h("input", { type: "checkbox", value: target, checked: true }), mono(target)),
  );
  const chosen = () =>
    boxes
      .map((one) => one.firstChild)
      .filter((one) => one.checked)
      .map((one) => one.value);
  const confirm = () => ask(`${at}/tasks/${task.msgid}/confirm`, task.allow_select ? { chosen: chosen() } : {});
  return h(
    "div",
    { class: "row tall" },
    h(
      "div",
      { class: "grow" },
      h("p", { class: "text" }, task.text?.content || T.phones.file(task.attachments?.[0]?.msgtype)),
      h("p", { class: "hint" }, notes, " · ", when(task.created_at, true)),
      task.allow_select && h("details", {}, h("summary", {}, W.choose), boxes),
    ),
    button(W.confirm, confirm, {
      look: "primary",
      done: ({ results }) => W.confirmed(results.filter((one) => one.status === 1).length, results.length),
    }),
  );
}

const requestRow = (at, one) =>
  h(
    "div",
    { class: "row" },
    h(
      "a",
      { class: "grow", href: `#/phones/${one.user_id}` },
      h("div", { class: "clip" }, one.nickname),
      h("div", { class: "hint" }, one.state ? `${W.from(one.state)} · ` : "", when(one.asked_at, true)),
    ),
    button(W.accept, () => ask(`${at}/requests/${one.id}/accept`, {}), { look: "primary", done: W.accepted }),
  );

const customerRow = (at, one, groups) =>
  h(
    "button",
    { type: "button", class: "row", onclick: () => customer(at, one, groups) },
    h(
      "span",
      { class: "grow" },
      h("span", { class: "clip" }, one.remark || one.nickname),
      h("span", { class: "hint clip" }, one.remark && one.remark !== one.nickname ? one.nickname : one.state ? W.from(one.state) : ""),
    ),
    h("span", { class: "end hint" }, one.chatted_at ? when(one.chatted_at, true) : ""),
  );

function tagging(path, groups) {
  const tags = groups.flatMap((group) => group.tag.map((tag) => [tag.id, `${group.group_name} · ${tag.name}`]));
  if (!tags.length) return "";
  let tag = tags[0][0];
  return h(
    "div",
    { class: "inline" },
    select(W.tagAdd, tags, tag, (chosen) => (tag = chosen)),
    button(W.tagAdd, () => ask(path, { add_tag: [tag] }), { done: W.tagged }),
  );
}

async function customer(at, one, groups) {
  const log = h("div", { class: "chat plain", role: "log", "aria-label": W.chat });
  const input = h("input", { placeholder: W.chatWrite, "aria-label": W.chatWrite, autocomplete: "off" });
  const path = `${at}/customers/${one.external_userid}`;
  const load = async () => {
    const { chats } = await ask(`wecom/customers/${one.external_userid}/chats?limit=100`);
    draw(log, chats, () =>
      chats.length ? chats.toReversed().map((chat) => chatRow(chat, one)) : h("p", { class: "hint center" }, W.chatNone),
    );
    log.scrollTop = log.scrollHeight;
  };
  const say = (by) =>
    h(
      "button",
      {
        type: "button",
        class: "button",
        onclick: (event) =>
          input.value.trim() &&
          act(event.currentTarget, async () => {
            await ask(`${path}/chat`, { by, text: input.value });
            input.value = "";
            await load();
          }),
      },
      by === "staff" ? W.asStaff : W.asCustomer,
    );
  const box = drawer(
    one.remark || one.nickname,
    facts([
      [T.phones.nickname, one.nickname],
      ["external_userid", mono(one.external_userid)],
      [W.added, when(one.created_at)],
      [W.lastChat, one.chatted_at && when(one.chatted_at)],
    ]),
    tagging(path, groups),
    h("h3", {}, W.chat),
    log,
    h("div", { class: "writing" }, input, say("staff"), say("customer")),
    h(
      "p",
      {},
      button(
        W.part,
        async () => {
          await ask(`${path}/delete`, { by: "staff" });
          box.close();
        },
        { look: "danger", done: W.parted },
      ),
    ),
  );
  await load().catch((error) => log.replaceChildren(error.message));
}

function chatRow(chat, one) {
  const mine = chat.sender !== one.external_userid;
  const text = chat.content.text?.content ?? chat.content.attachments?.[0]?.msgtype ?? "";
  return h(
    "div",
    { class: "msg" },
    h("p", { class: "at" }, W.kinds[chat.kind] || chat.kind, " · ", when(chat.at, true)),
    h("div", { class: `bubble ${mine ? "mine" : ""}` }, text),
  );
}
