// The simulator's clock: what it says, how to move it, how fast it runs, and whether those who follow it did.
import T from "./texts.zh-CN.js";
import { act, ask, china, draw, h, list, now, span, toast } from "./lib.js";
import { badge, choice, mono, section } from "./parts.js";

const K = T.clock;

const chipsOf = (move) =>
  Object.entries(K.chips).map(([seconds, text]) => {
    const advance = (event) => move(event.currentTarget, { advance: Number(seconds) }, K.advanced(text));
    return h("button", { type: "button", class: "button chip", onclick: advance }, `+ ${text}`);
  });

export function open(box) {
  const state = { told: new Map() };
  const face = h("time", { class: "face-time" }),
    day = h("p", { class: "face-day" }),
    ahead = h("p", { class: "hint" }),
    stopped = h("p", { class: "verdict bad", hidden: true }),
    followers = h("div", { class: "rows" }),
    speeds = h("div", {});
  const move = (element, body, done) =>
    act(
      element,
      () => ask("clock", body),
      (answer) => {
        told(state, answer.followers);
        return done;
      },
    );
  const moment = h("input", { type: "datetime-local", step: 1, name: "moment", "aria-label": K.set, required: true });
  const setting = h(
    "form",
    {
      class: "inline",
      onsubmit: (event) => {
        event.preventDefault();
        if (!moment.value) return toast(K.badMoment, "bad");
        const text = moment.value.length === 16 ? `${moment.value}:00` : moment.value;
        return move(setting.lastChild, { set: `${text}+08:00` }, `${K.setDone} ${text.replace("T", " ")}`);
      },
    },
    moment,
    h("button", { class: "button primary", type: "submit" }, K.setButton),
  );
  box.append(
    h("header", { class: "page-head" }, h("h2", {}, T.nav.clock)),
    stopped,
    h("div", { class: "panel clock-face" }, h("p", { class: "hint" }, K.now), face, day, ahead),
    section(K.advance, h("div", { class: "pad stack" }, h("div", { class: "chips" }, chipsOf(move)), h("p", { class: "hint" }, K.only))),
    h(
      "div",
      { class: "halves" },
      section(K.set, h("div", { class: "pad" }, setting)),
      section(K.speed, h("div", { class: "pad" }, speeds)),
    ),
    section(K.followers, followers, { hint: K.hintFollowers }),
  );
  const timer = setInterval(() => (box.isConnected || face.textContent === "" ? tick(face, day, ahead) : clearInterval(timer)), 1000);
  return {
    async refresh() {
      const [clock, follow] = await Promise.all([ask("clock"), ask("clock/followers")]);
      tick(face, day, ahead);
      if (!moment.value) moment.value = china(now() + 3600_000).slice(0, 16);
      stopped.hidden = !clock.stopped;
      stopped.textContent = clock.stopped ? K.stopped(clock.stopped) : "";
      draw(speeds, clock.speed, (speed) =>
        choice(K.speeds, String(speed), (chosen) => move(speeds, { speed: Number(chosen) }, K.speedDone(Number(chosen))), K.speed),
      );
      const seen = follow.followers.map((one) => ({ ...one, told: state.told.get(one.url) || null }));
      list(followers, seen, (one) => one.url, followerRow, K.noFollowers);
    },
  };
}

function told(state, followers = []) {
  for (const one of followers) state.told.set(one.url, one);
  const failed = followers.find((one) => !one.ok);
  if (failed) throw new Error(K.notFollowed(failed.error || `HTTP ${failed.status}`));
}

function followerRow({ url, told: one }) {
  const state = !one
    ? badge(K.unknown)
    : one.ok
      ? badge(K.followed, "good")
      : badge(K.notFollowed(one.error || `HTTP ${one.status}`), "bad");
  return h("div", { class: "row" }, h("div", { class: "grow" }, mono(url)), state);
}

function tick(face, day, ahead) {
  const moment = china(now()),
    seconds = Math.round((now() - Date.now()) / 1000);
  face.textContent = moment.slice(11, 19);
  day.textContent = moment.slice(0, 10);
  ahead.textContent = seconds > 2 ? K.ahead(span(seconds)) : K.same;
}
