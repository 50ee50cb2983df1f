/** Numbers, money and times as people read them. */

const { texts, fill } = require('../texts/index');

/**
 * A whole number by thousands: `1,890`. By hand, because not every phone's engine has the tables for it.
 * @param {number} whole
 */
const count = (whole) => String(whole).replace(/\B(?=(\d{3})+$)/g, ',');

/**
 * `¥288,000`; fen are shown only where there are some.
 * @param {number | null | undefined} fen
 */
function yuan(fen) {
  if (fen === null || fen === undefined) return '';
  const cents = Math.abs(fen) % 100;
  const sign = fen < 0 ? '-' : '';
  return `${sign}¥${count(Math.floor(Math.abs(fen) / 100))}${cents ? `.${String(cents).padStart(2, '0')}` : ''}`;
}

/**
 * `28.80 万`, cut to two places as the trade does.
 * @param {number | null | undefined} fen
 */
function wan(fen) {
  if (fen === null || fen === undefined) return '';
  return fill(texts('common').units.wan, { number: (fen / 1000000).toFixed(2) });
}

/** @param {number | null | undefined} km */
function kilometres(km) {
  if (km === null || km === undefined) return '';
  const { units } = texts('common');
  return km < 10000 ? fill(units.km, { number: count(km) }) : fill(units.wan_km, { number: (km / 10000).toFixed(1) });
}

/**
 * `320 m`, `3.2 km`, `128 km`.
 * @param {number | null | undefined} metres
 */
function distance(metres) {
  if (metres === null || metres === undefined) return '';
  if (metres < 995) return `${Math.round(metres / 10) * 10} m`;
  const km = metres / 1000;
  return km < 99.95 ? `${km.toFixed(1)} km` : `${count(Math.round(km))} km`;
}

/** China has one time zone and no summer time; the phone's own zone does not matter. @param {string} iso */
const inShanghai = (iso) => new Date(new Date(iso).getTime() + 8 * 3600 * 1000).toISOString();

/**
 * `2026-11-22`
 * @param {string | null | undefined} iso
 */
function date(iso) {
  return iso ? inShanghai(iso).slice(0, 10) : '';
}

/**
 * `2026-11-22 09:30`
 * @param {string | null | undefined} iso
 */
function dateTime(iso) {
  return iso ? inShanghai(iso).slice(0, 16).replace('T', ' ') : '';
}

/**
 * `14:59` below an hour, `71 小时 20 分` above.
 * @param {number} seconds
 */
function countdown(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(left / 60);
  if (left >= 3600) return fill(texts('common').units.hours_minutes, { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return `${String(minutes).padStart(2, '0')}:${String(left % 60).padStart(2, '0')}`;
}

module.exports = { count, yuan, wan, kilometres, distance, date, dateTime, countdown };
