/** What the page of one order shows, out of what the server told and the time that is left. */

const deposit = require('../../lib/deposit');
const format = require('../../lib/format');
const { fill, texts } = require('../../texts/index');
const { refundSteps, timeline } = require('./progress');
const { headline } = require('./standing');

/** Standings in which the hold is hers and its end is worth saying. */
const HELD = ['paid', 'confirmed'];
/** Ends that are the dealer's. */
const OF_THE_DEALER = ['declined_by_dealer', 'sold_offline'];

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
    remark: remarkOf(order, standing),
    car: { ...vehicle, price: format.yuan(vehicle.price_fen), alt: fill(t.photo, vehicle), open: fill(t.openCar, vehicle) },
    refund: refundSteps(order.refund),
    timeline: timeline(order),
    info: infoOf(order),
    number: order.number,
    amount: format.yuan(order.amount_fen),
    pay: isPaying && order.can_pay ? fill(t.pay, { deposit: deposit.word(order), amount: format.yuan(order.amount_fen) }) : '',
    // While WeChat is asked whether she has paid, there is nothing to take back yet.
    mayCancel: order.can_cancel && (isPaying || HELD.includes(standing)),
    isOver: order.status === 'closed',
    isPaid: Boolean(order.paid_at),
    deposit: deposit.word(order),
    isKept: deposit.isKept(order),
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

/**
 * What the dealer wrote, and what else follows from how it ended or goes on.
 * @param {any} order
 * @param {string} standing
 * @returns {string[]}
 */
function remarkOf(order, standing) {
  const t = texts('orders').detail;
  const isTheirs = OF_THE_DEALER.includes(order.close_reason);
  return [
    HELD.includes(standing) && order.extended_at ? t.extended : '',
    isTheirs && order.dealer_note ? fill(t.note, { note: order.dealer_note }) : '',
    isTheirs && order.paid_at && deposit.isEarnest(order) ? t.doubled : '',
  ].filter(Boolean);
}

/** @param {any} order */
function infoOf(order) {
  const t = texts('orders').detail.info;
  const words = { deposit: deposit.word(order) };
  const terms = fill(t.version, { version: order.terms_version, time: format.dateTime(order.terms_accepted_at) });
  const refundable = order.status === 'closed' ? '' : format.dateTime(order.refundable_until);
  return [
    { label: words.deposit, text: format.yuan(order.amount_fen) },
    { label: t.payee, text: order.payee_name || '' },
    { label: t.createdAt, text: format.dateTime(order.created_at) },
    { label: t.paidAt, text: format.dateTime(order.paid_at) },
    { label: t.refundable, text: refundable },
    { label: t.rule, text: deposit.isKept(order) ? fill(t.kept, words) : '' },
    { label: fill(t.terms, words), text: terms },
  ].filter(({ text }) => text);
}

module.exports = { countdownOf, viewOf };
