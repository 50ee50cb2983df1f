/** The rows of the list of orders. */

const { fill, texts } = require('../../texts/index');
const deposit = require('../../lib/deposit');
const format = require('../../lib/format');
const { begin, left } = require('./countdown');
const paying = require('./paying');
const { pauseOf, standingOf, toneOf } = require('./standing');

/** The list asks less eagerly than the page of the one order. */
const LOOKS = 12;

/** @typedef {{order: any, countdown: import('./countdown').Countdown}} Entry */

/** @param {any} order as the server told it just now */
const entry = (order) => ({ order, countdown: begin(order.hold.ends_in_seconds) });

/**
 * The line under an order that says what is to be done or waited for.
 * @param {any} order
 * @param {string} standing
 * @param {number} seconds
 */
function lineOf(order, standing, seconds) {
  const t = texts('orders').list;
  const time = format.countdown(seconds);
  const amount = format.yuan(order.refund ? order.refund.amount_fen : order.amount_fen);
  if (standing === 'awaiting') return fill(t.left, { time });
  if (standing === 'paid' || standing === 'confirmed') return fill(order.extended_at ? t.extended : t.held, { time });
  if (standing === 'refunding') return fill(t.refunding, { amount });
  if (standing === 'refunded') return fill(t.refunded, { amount });
  if (standing === 'trouble') return fill(t.trouble, { amount });
  if (standing === 'forfeited') return fill(t.forfeited, { amount });
  return standing === 'confirming' ? t.confirming : '';
}

/**
 * @param {Entry} entry
 * @param {number} [now] milliseconds
 */
function row({ order, countdown }, now) {
  const t = texts('orders').list;
  const seconds = left(countdown, now);
  const standing = standingOf(order, { left: seconds, awaited: paying.isAwaited(order.id) });
  const { store, title, photo } = order.vehicle;
  return {
    id: order.id,
    title,
    photo,
    store: store.name,
    deposit: deposit.word(order),
    amount: format.yuan(order.amount_fen),
    date: format.date(order.created_at),
    state: order.label,
    tone: toneOf(standing),
    line: lineOf(order, standing, seconds),
    pay: standing === 'awaiting' ? t.pay : '',
    label: fill(t.open, { number: order.number, title, label: order.label }),
    /** Whether its words change with time. */
    ticks: seconds > 0 && order.status !== 'closed',
    /** When the server should be asked again, in milliseconds; 0 when nothing changes but the time. */
    pause: standing === 'awaiting' ? 0 : pauseOf(standing, LOOKS),
  };
}

module.exports = { entry, row };
