/** Where an order stands for its customer: one word out of the server's axes, and what follows from it for a page. */

const { fill, texts } = require('../../texts/index');
const format = require('../../lib/format');

/**
 * @typedef {'awaiting' | 'confirming' | 'ending' | 'paid' | 'confirmed' | 'converted' | 'expired' | 'cancelled_by_customer'
 *   | 'payment_failed' | 'hold_ended' | 'refunding' | 'refunded'} Standing
 */

/** How a standing is coloured. @type {Record<string, string>} */
const TONES = { awaiting: 'warn', confirming: 'warn', ending: 'warn', refunding: 'warn', paid: 'ok', confirmed: 'ok', converted: 'ok' };

/**
 * @param {any} order as the server tells it
 * @param {{left: number, awaited: boolean}} now seconds left of the hold, and whether WeChat called it paid a moment ago
 * @returns {Standing}
 */
function standingOf(order, { left, awaited }) {
  if (order.status === 'closed') {
    return ['refunding', 'refunded'].includes(order.payment_status) ? order.payment_status : order.close_reason;
  }
  if (order.is_ending) return 'ending';
  if (order.hold.status !== 'soft_held') return order.status;
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
  return standing === 'refunding' ? Math.min(3000 + looks * 500, 30000) : 0;
}

/**
 * The big words at the top of an order's page.
 * @param {any} order
 * @param {Standing} standing
 * @returns {{title: string, text: string}}
 */
function headline(order, standing) {
  const { title, text } = texts('orders').detail.state[standing];
  const amount = format.yuan(order.refund ? order.refund.amount_fen : order.amount_fen);
  return { title, text: fill(text, { amount, time: format.dateTime(order.hold.expires_at) }) };
}

module.exports = { headline, pauseOf, standingOf, toneOf };
