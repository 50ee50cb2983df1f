/** How far an order and its refund have come, as steps that are drawn one below the other. */

const { fill, texts } = require('../../texts/index');
const format = require('../../lib/format');

/** @typedef {{key: string, title: string, text: string, state: 'done' | 'now' | 'todo' | 'trouble'}} Step */

/** Refund states of the server that a person has to look at. */
const TROUBLED = ['closed', 'abnormal'];

/**
 * @param {any} refund of an order, or null
 * @returns {Step[]} asked for, at WeChat, back with her; empty without a refund
 */
function refundSteps(refund) {
  if (!refund) return [];
  const t = texts('orders').detail.refund;
  const amount = format.yuan(refund.amount_fen);
  const settled = refund.status === 'succeeded';
  const asked = { key: 'requested', title: t.requested, text: `${amount} · ${format.dateTime(refund.requested_at)}`, state: 'done' };
  if (TROUBLED.includes(refund.status)) {
    return /** @type {Step[]} */ ([asked, { key: 'trouble', title: t.trouble, text: t.troubleText, state: 'trouble' }]);
  }
  const back = { key: 'succeeded', title: settled ? t.succeeded : t.back, text: settled ? `${amount} · ${format.dateTime(refund.settled_at)}` : t.waiting };
  return /** @type {Step[]} */ ([
    asked,
    { key: 'submitted', title: settled ? t.accepted : t.submitted, text: amount, state: settled ? 'done' : 'now' },
    { ...back, state: settled ? 'done' : 'todo' },
  ]);
}

/**
 * What happened to an order, and what is to come while it goes on.
 * @param {any} order as the server tells it
 * @returns {Step[]}
 */
function timeline(order) {
  const t = texts('orders').detail.timeline;
  const steps = [step('created', t.created, order.created_at)];
  if (order.paid_at) steps.push(step('paid', fill(`${t.paid} {amount}`, { amount: format.yuan(order.amount_fen) }), order.paid_at));
  if (order.status === 'closed') steps.push(...ended(order));
  else if (!order.paid_at) steps.push(step('pay', t.pay, '', 'now'));
  else steps.push(...ahead(order.status));
  return steps;
}

/** @param {any} order that is closed */
function ended(order) {
  const t = texts('orders').detail.timeline;
  const why = /** @type {Record<string, string>} */ (t.closed)[order.close_reason];
  const steps = [step('closed', why, order.closed_at)];
  if (order.refund && order.refund.status === 'succeeded') steps.push(step('refunded', t.refunded, order.refund.settled_at));
  return steps;
}

/** @param {string} status paid, confirmed or converted */
function ahead(status) {
  const t = texts('orders').detail.timeline;
  if (status === 'converted') return [step('converted', t.converted)];
  const confirmed = status === 'confirmed';
  return [
    confirmed ? step('confirmed', t.confirmed) : step('contact', t.contact, '', 'now'),
    step('decide', t.decide, '', confirmed ? 'now' : 'todo'),
  ];
}

/**
 * @param {string} key
 * @param {string} title
 * @param {string} [at] ISO time
 * @param {Step['state']} [state]
 * @returns {Step}
 */
const step = (key, title, at = '', state = 'done') => ({ key, title, text: format.dateTime(at), state });

module.exports = { refundSteps, timeline };
