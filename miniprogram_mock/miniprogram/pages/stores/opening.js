/** A store's opening hours in words: whether it is open now, when that changes, and its week with today marked. */

const { fill, texts } = require('../../texts/index');
const { WEEK, inChina, openState } = require('../../lib/hours');

/** @typedef {Record<string, [string, string]>} Hours */

/**
 * When it opens next, looking a week ahead from now.
 * @param {Hours} hours
 * @param {number} [now] milliseconds since 1970
 * @returns {{time: string, day: string, inDays: number} | null}
 */
function nextOpening(hours, now) {
  const { day, clock } = inChina(now);
  for (let inDays = 0; inDays <= 7; inDays += 1) {
    const name = WEEK[(day + inDays) % 7];
    const span = hours[name];
    if (span && (inDays > 0 || clock < span[0])) return { time: span[0], day: name, inDays };
  }
  return null;
}

/**
 * The line under a store's name.
 * @param {Hours} hours
 * @param {number} [now] milliseconds since 1970
 * @returns {{open: boolean, label: string, text: string}} `label` is empty when no hours are known
 */
function status(hours, now = Date.now()) {
  const t = texts('stores');
  const state = openState(hours, now);
  if (!state) return { open: false, label: '', text: t.hours.unknown };
  if (state.open) {
    const [, until] = hours[WEEK[inChina(now).day]];
    return { open: true, label: t.hours.open, text: fill(t.hours.until, { time: until }) };
  }
  return { open: false, label: t.hours.closed, text: opensText(nextOpening(hours, now)) };
}

/** @param {ReturnType<typeof nextOpening>} next */
function opensText(next) {
  const t = texts('stores');
  if (!next) return '';
  if (next.inDays === 0) return fill(t.hours.opensToday, { time: next.time });
  if (next.inDays === 1) return fill(t.hours.opensTomorrow, { time: next.time });
  const days = /** @type {Record<string, string>} */ (t.days);
  return fill(t.hours.opensOn, { day: days[next.day], time: next.time });
}

/**
 * The week from Monday on, one row a day.
 * @param {Hours} hours
 * @param {number} [now] milliseconds since 1970
 * @returns {{day: string, text: string, today: boolean}[]} empty when no hours are known
 */
function week(hours, now = Date.now()) {
  const t = texts('stores');
  if (!hours || !Object.keys(hours).length) return [];
  const days = /** @type {Record<string, string>} */ (t.days);
  const today = inChina(now).day;
  return WEEK.map((name, index) => ({
    day: days[name],
    text: hours[name] ? hours[name].join(' – ') : t.hours.rest,
    today: index === today,
  }));
}

module.exports = { nextOpening, status, week };
