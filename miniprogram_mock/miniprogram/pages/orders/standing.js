/** Where an order stands for its customer: one word out of the server's axes, and what follows from it for a page. */

const { fill, texts } = require('../../texts/index');
const { isKept } = require('../../lib/deposit');
const format = require('../../lib/format');

/**
 * @typedef {'awaiting' | 'confirming' | 'ending' | 'paid' | 'confirmed' | 'converted' | 'expired' | 'cancelled_by_customer'
 *   | 'payment_failed' | 'hold_ended' | 'declined_by_dealer' | 'sold_offline' | 'forfeited' | 'refunding' | 'trouble' | 'refunded'} Standing
 */

/** How a standing is coloured. @type {Record<string, string>} */
const TONES = { awaiting: 'warn', confirming: 'warn', ending: 'warn', refunding: 'warn', trouble: 'warn', paid: 'ok', confirmed: 'ok', converted: 'ok' };

/** Refund states of the server that a person has to look at. */
const TROUBLED = ['closed', 'abnormal'];
/** The order's own states before any money has come. */
const UNPAID = ['created', 'awaiting_payment'];
/** Ends that are hers: what forfeits earnest money. */
const HERS = ['cancelled_by_customer', 'hold_ended'];

/**
 * Where an order stands that has come to its end.
 * @param {any} order
 * @returns {Standing}
 */
function endOf({ payment_status, close_reason, refund, paid_at, ...order }) {
  if (payment_status === 'refunding' && refund && TROUBLED.includes(refund.status)) return 'trouble';
  if (['refunding', 'refunded'].includes(payment_status)) return payment_status;
  return paid_at && !refund && isKept(order) && HERS.includes(close_reason) ? 'forfeited' : close_reason;
}

/**
 * @param {any} order as the server tells it
 * @param {{left: number, awaited: boolean}} now seconds left of the hold, and whether WeChat called it paid a moment ago
 * @returns {Standing}
 */
function standingOf(order, { left, awaited }) {
  if (order.status === 'closed') return endOf(order);
  if (order.is_ending) return 'ending';
  if (order.hold.status !== 'soft_held') {
    // The money came, or the hold ended, while the server was telling: the hold is newer than the order, and the next look knows both.
    return UNPAID.includes(order.status) ? 'confirming' : order.status;
  }
  return awaited || left === 0 ? 'confirming' : 'awaiting';
}

/** @param {string} standing */
const toneOf = (standing) => TONES[standing] || 'plain';

/**
 * The pause before the server is asked again, in milliseconds; 0 when nothing will change by itself.
 * @param {string} standing
 * @param {number} looks how often it was asked already
 */
function pauseOf(standing, looks) {
  if (standing === 'confirming' || standing === 'ending') {
    if (looks < 10) return 1000;
    if (looks < 20) return 2000;
    return looks < 30 ? 5000 : 15000;
  }
  if (standing === 'awaiting') return 15000;
  if (standing === 'trouble') return 30000;
  return standing === 'refunding' ? Math.min(3000 + looks * 500, 30000) : 0;
}

/**
 * The big words at the top of an order's page.
 * @param {any} order
 * @param {Standing} standing
 * @returns {{title: string, text: string}}
 */
function headline(order, standing) {
  const t = texts('orders').detail;
  const { title, text } = t.state[standing];
  const amount = format.yuan(order.refund ? order.refund.amount_fen : order.amount_fen);
  const returns = ['refunding', 'trouble', 'refunded'].includes(standing);
  const because = (returns && /** @type {Record<string, string>} */ (t.because)[order.close_reason]) || '';
  return { title, text: because + fill(text, { amount, time: format.dateTime(order.hold.expires_at) }) };
}

module.exports = { TROUBLED, headline, pauseOf, standingOf, toneOf };
