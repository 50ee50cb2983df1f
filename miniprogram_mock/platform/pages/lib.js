// What every page uses: elements without HTML strings, the simulator's JSON, its clock, and drawing only what changed.
import T from "./texts.zh-CN.js";

const SVG = "http://www.w3.org/2000/svg";
const clock = { at: Date.now(), seen: Date.now(), speed: 1 };

/** An element; `on…` attributes are listeners, children are text or nodes. Nothing is ever parsed as HTML. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  dress(node, attributes);
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  dress(node, attributes);
  node.append(...children);
  return node;
}

function dress(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
}

export const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

/** GET, or POST with a body; an error carries the simulator's own words. */
export async function ask(path, body, method = body ? "POST" : "GET") {
  let answer;
  try {
    answer = await fetch(`/_sim/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  } catch {
    throw Object.assign(new Error(T.common.offline), { offline: true });
  }
  const content = await answer.json().catch(() => null);
  if (content === null) throw new Error(T.common.notJson(answer.status));
  if (!answer.ok) throw new Error(content.error || `HTTP ${answer.status}`);
  return content;
}

export const query = (values) =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value != null)).toString();

/** Build anew only when the content is another than before. */
export function draw(box, content, build) {
  const key = JSON.stringify(content);
  if (box.drawn === key) return;
  box.drawn = key;
  const top = box.scrollTop;
  box.replaceChildren(...[build(content)].flat(Infinity).filter((child) => child != null));
  box.scrollTop = top;
}

/** A list by key: rows that stay the same stay the same nodes, so focus, scrolling and selection are left alone. */
export function list(box, items, key, build, none) {
  const before = new Map([...box.children].map((node) => [node.dataset.key, node]));
  const wanted = items.map((item) => {
    const name = String(key(item)),
      state = JSON.stringify(item),
      old = before.get(name);
    if (old?.state === state) return old;
    const node = build(item);
    node.dataset.key = name;
    node.state = state;
    return node;
  });
  if (!wanted.length && none) {
    const old = before.get("none");
    wanted.push(old?.textContent === none ? old : Object.assign(empty(none), { state: none }));
    wanted[0].dataset.key = "none";
  }
  const kept = new Set(wanted);
  for (const node of [...box.children]) if (!kept.has(node)) node.remove();
  wanted.forEach((node, place) => box.children[place] !== node && box.insertBefore(node, box.children[place] ?? null));
}

export const empty = (text, hint) => h("div", { class: "empty" }, h("p", {}, text), hint && h("p", { class: "hint" }, hint));

export function toast(text, kind = "") {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.className = `toast ${kind}`;
  // Shown anew, so that it lies above a drawer that was opened since.
  box.hidePopover();
  box.showPopover();
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => box.hidePopover(), kind === "bad" ? 7000 : 3500);
}

/** Run what a button does: it cannot be pressed twice meanwhile, and a refusal is said. */
export async function act(button, work, done) {
  button.disabled = true;
  try {
    const answer = await work();
    const text = typeof done === "function" ? done(answer) : done;
    if (text) toast(text);
    document.dispatchEvent(new Event("refresh"));
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    button.disabled = false;
  }
}

export const button = (text, work, { done, look = "", ...attributes } = {}) =>
  h("button", { type: "button", class: `button ${look}`, ...attributes, onclick: (event) => act(event.currentTarget, work, done) }, text);

// The simulator's clock, and times in China's zone.
export function setClock({ now, speed }) {
  Object.assign(clock, { at: Date.parse(now), seen: Date.now(), speed });
}
export const now = () => clock.at + (Date.now() - clock.seen) * clock.speed;
export const china = (ms) => new Date(ms + 8 * 3600_000).toISOString();

export function span(seconds) {
  const units = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [name, size] of units)
    if (seconds >= size) {
      const rest = Math.floor((seconds % size) / (size / (name === "day" ? 24 : 60)));
      const smaller = { day: "hour", hour: "minute", minute: "second" }[name];
      return T.time[name](Math.floor(seconds / size)) + (rest && name !== "minute" ? ` ${T.time[smaller](rest)}` : "");
    }
  return T.time.second(Math.round(seconds));
}

export function relative(iso) {
  const seconds = Math.round((now() - Date.parse(iso)) / 1000);
  if (seconds < -2) return T.time.in(span(-seconds));
  if (seconds < 5) return T.time.now;
  if (seconds < 60) return T.time.seconds(seconds);
  if (seconds < 3600) return T.time.minutes(Math.floor(seconds / 60));
  if (seconds < 86400) return T.time.hours(Math.floor(seconds / 3600));
  return T.time.days(Math.floor(seconds / 86400));
}

export const absolute = (iso) => `${iso.slice(5, 10)} ${iso.slice(11, 19)}`;
/** Absolute and relative; `short` shows the relative one alone, with the other as its title. */
export function when(iso, short = false) {
  if (!iso) return "";
  const ago = h("span", { class: "ago", "data-ago": iso }, relative(iso));
  return h("time", { datetime: iso, title: `${iso.slice(0, 10)} ${iso.slice(11, 19)}` }, short ? ago : [absolute(iso), " ", ago]);
}
export function tickTimes() {
  for (const node of document.querySelectorAll("[data-ago]")) {
    const text = relative(node.dataset.ago);
    if (node.textContent !== text) node.textContent = text;
  }
}

export const yuan = (fen) => `${fen < 0 ? "-" : ""}¥${(Math.abs(fen) / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2 })}`;

/** JSON set out in lines, anything else as it came. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.replace(/(<\/\w+>|^<xml>)(?=<)/g, "$1\n");
  }
}
