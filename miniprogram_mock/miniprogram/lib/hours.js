/** A store's opening hours by China's clock, whatever zone the phone is in. */

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const CHINA = 8 * 3600 * 1000;

/**
 * What China's clock shows: the day's place in `WEEK` and the time as `09:30`.
 *
 * @param {number} [now] milliseconds since 1970
 */
function inChina(now = Date.now()) {
  const there = new Date(now + CHINA);
  return { day: (there.getUTCDay() + 6) % 7, clock: there.toISOString().slice(11, 16) };
}

/**
 * Whether a store is open, and its hours today. A day that is missing is a day off.
 *
 * @param {Record<string, [string, string]>} hours `{mon: ['09:00', '18:00'], …}`
 * @param {number} [now] milliseconds since 1970
 * @returns {{open: boolean, today: string} | null} `today` is `09:00–18:00` or empty on a day off; null when no hours are known
 */
function openState(hours, now = Date.now()) {
  if (!hours || !Object.keys(hours).length) return null;
  const { day, clock } = inChina(now);
  const span = hours[WEEK[day]];
  if (!span) return { open: false, today: '' };
  return { open: span[0] <= clock && clock < span[1], today: span.join('–') };
}

module.exports = { WEEK, inChina, openState };
