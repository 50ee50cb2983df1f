/** What the page of one order shows, out of what the server told and the time that is left. */

const format = require('../../lib/format');
const { fill, texts } = require('../../texts/index');
const { refundSteps, timeline } = require('./progress');
const { headline } = require('./standing');

/** Standings in which the hold is hers and its end is worth saying. */
const HELD = ['paid', 'confirmed'];

/**
 * Everything but the countdown.
 * @param {import('./follow').Look} look
 */
function viewOf({ order, standing }) {
  const t = texts('orders').detail;
  const { vehicle } = order;
  const isPaying = standing === 'awaiting';
  return {
    standing,
    ...headline(order, standing),
    car: { ...vehicle, price: format.yuan(vehicle.price_fen), alt: fill(t.photo, vehicle), open: fill(t.openCar, vehicle) },
    refund: refundSteps(order.refund),
    timeline: timeline(order),
    info: infoOf(order),
    number: order.number,
    amount: format.yuan(order.amount_fen),
    pay: isPaying && order.can_pay ? fill(t.pay, { amount: format.yuan(order.amount_fen) }) : '',
    // While WeChat is asked whether she has paid, there is nothing to take back yet.
    mayCancel: order.can_cancel && (isPaying || HELD.includes(standing)),
    isOver: order.status === 'closed',
    isPaid: Boolean(order.paid_at),
    waits: standing === 'confirming' || standing === 'ending',
  };
}

/**
 * The line of the countdown: to pay, to decide, or none.
 * @param {import('./follow').Look} look
 * @returns {{what: 'pay' | 'decide' | '', time: string}}
 */
function countdownOf({ standing, left }) {
  if (standing === 'awaiting') return { what: 'pay', time: format.countdown(left) };
  return HELD.includes(standing) ? { what: 'decide', time: format.countdown(left) } : { what: '', time: '' };
}

/** @param {any} order */
function infoOf(order) {
  const t = texts('orders').detail.info;
  const terms = fill(t.version, { version: order.terms_version, time: format.dateTime(order.terms_accepted_at) });
  const refundable = order.status === 'closed' ? '' : format.dateTime(order.refundable_until);
  return [
    { label: t.amount, text: format.yuan(order.amount_fen) },
    { label: t.createdAt, text: format.dateTime(order.created_at) },
    { label: t.paidAt, text: format.dateTime(order.paid_at) },
    { label: t.refundable, text: refundable },
    { label: t.terms, text: terms },
  ].filter(({ text }) => text);
}

module.exports = { countdownOf, viewOf };
