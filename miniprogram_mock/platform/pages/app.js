// The frame around the pages: which one is open, how often it looks again, the clock, and whether the simulator is there.
import T from "./texts.zh-CN.js";
import { ask, china, empty, h, icon, now, setClock, span, tickTimes } from "./lib.js";
import * as calls from "./calls.js";
import * as clock from "./clock.js";
import * as faults from "./faults.js";
import * as money from "./money.js";
import * as overview from "./overview.js";
import * as phones from "./phones.js";
import * as wecom from "./wecom.js";

const PAGES = { overview, phones, wecom, money, calls, faults, clock };
const POLL_MS = 2000;
const main = document.getElementById("main");
const state = { page: null, name: "", running: false, again: false };

function route() {
  const [name = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const wanted = name || "overview";
  for (const link of document.querySelectorAll("#nav a"))
    link.setAttribute("aria-current", link.dataset.page === wanted ? "page" : "false");
  document.body.dataset.page = wanted;
  // A page that can go on with another address of its own keeps what it has.
  if (state.name === wanted && state.page?.go?.(rest)) return look();
  state.name = wanted;
  main.replaceChildren();
  if (!PAGES[wanted]) {
    state.page = null;
    main.replaceChildren(empty(T.common.unknownPage), h("p", { class: "center" }, h("a", { href: "#/overview" }, T.common.toOverview)));
    return undefined;
  }
  document.title = `${T.nav[wanted]} · ${T.title}`;
  const box = h("div", { class: `page ${wanted}` });
  const waiting = h("div", { class: "waiting", role: "status" }, T.common.loading);
  main.replaceChildren(waiting);
  state.page = PAGES[wanted].open(box, rest);
  state.page.arrive = () => {
    if (!waiting.isConnected) return;
    main.replaceChildren(box);
    document.dispatchEvent(new Event("arrive"));
  };
  state.page.fail = (error) => waiting.isConnected && waiting.replaceChildren(empty(T.common.failed, error.message));
  main.scrollTop = 0;
  window.scrollTo(0, 0);
  return look();
}

// One look at a time; who asks meanwhile is served right after it.
async function look() {
  if (state.running) {
    state.again = true;
    return;
  }
  state.running = true;
  const page = state.page;
  try {
    const seen = await ask("clock");
    setClock(seen);
    state.clock = seen;
    tick();
    await page?.refresh();
    page?.arrive();
    health("up", T.status.up);
  } catch (error) {
    page?.fail(error);
    health("down", error.offline ? T.status.down : error.message);
  } finally {
    state.running = false;
    if (state.again) {
      state.again = false;
      look();
    }
  }
}

function health(kind, text) {
  const box = document.getElementById("health");
  if (box.textContent !== text) box.textContent = text;
  box.className = `health ${kind}`;
}

function tick() {
  if (!state.clock) return;
  const moment = china(now());
  document.getElementById("clock-time").textContent = moment.slice(11, 19);
  const ahead = Math.round((now() - Date.now()) / 1000);
  const more = state.clock.speed > 1 ? ` · ${T.status.speed(state.clock.speed)}` : ahead > 60 ? ` · ${T.status.ahead(span(ahead))}` : "";
  document.getElementById("clock-day").textContent = moment.slice(5, 10) + more;
}

async function poll() {
  if (!document.hidden) await look();
  setTimeout(poll, POLL_MS);
}

document
  .getElementById("nav")
  .append(
    ...Object.keys(PAGES).map((name) =>
      h(
        "a",
        { href: `#/${name}`, "data-page": name },
        icon(name),
        h("span", { class: "long" }, T.nav[name]),
        h("span", { class: "brief" }, T.short[name]),
      ),
    ),
  );
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", route);
document.addEventListener("refresh", look);
document.addEventListener("visibilitychange", () => document.hidden || look());
setInterval(tick, 1000);
setInterval(tickTimes, 5000);
route();
setTimeout(poll, POLL_MS);
