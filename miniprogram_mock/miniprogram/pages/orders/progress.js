/** How far an order and its refund have come, as steps that are drawn one below the other. */

const { fill, texts } = require('../../texts/index');
const deposit = require('../../lib/deposit');
const format = require('../../lib/format');
const { TROUBLED, standingOf } = require('./standing');

/** @typedef {{key: string, title: string, text: string, state: 'done' | 'now' | 'todo' | 'trouble'}} Step */

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
  const words = { deposit: deposit.word(order), amount: format.yuan(order.amount_fen) };
  if (order.paid_at) steps.push(step('paid', fill(t.paid, words), order.paid_at));
  if (order.confirmed_at) steps.push(step('confirmed', t.confirmed, order.confirmed_at));
  if (order.extended_at) steps.push(step('extended', fill(t.extended, { time: format.dateTime(order.hold.expires_at) }), order.extended_at));
  if (order.status === 'closed') steps.push(...ended(order, words));
  else if (!order.paid_at) steps.push(step('pay', fill(t.pay, words), '', 'now'));
  else steps.push(...ahead(order.status));
  return steps;
}

/**
 * @param {any} order that is closed
 * @param {{deposit: string}} words
 */
function ended(order, words) {
  const t = texts('orders').detail.timeline;
  const why = /** @type {Record<string, string>} */ (t.closed)[order.close_reason];
  const steps = [step('closed', why, order.closed_at)];
  if (order.refund && order.refund.status === 'succeeded') steps.push(step('refunded', fill(t.refunded, words), order.refund.settled_at));
  if (standingOf(order, { left: 0, awaited: false }) === 'forfeited') steps.push(step('forfeited', fill(t.forfeited, words)));
  return steps;
}

/** @param {string} status paid, confirmed or converted */
function ahead(status) {
  const t = texts('orders').detail.timeline;
  if (status === 'converted') return [step('converted', t.converted)];
  if (status === 'confirmed') return [step('decide', t.decide, '', 'now')];
  return [step('contact', t.contact, '', 'now'), step('decide', t.decide, '', 'todo')];
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
