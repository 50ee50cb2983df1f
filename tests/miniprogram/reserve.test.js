/** Reserving a car never makes two orders, never believes the phone about money, and tells every refusal apart. */
'use strict';

const assert = require('node:assert/strict');
const { afterEach, mock, test } = require('node:test');
const { fails } = require('./fake-wx');
const { PAYMENT, order, paidOrder, refusal, signedIn } = require('./orders');

const TERMS = {
  version: '2026-11',
  text: 'the terms',
  deposit_type: 'intent_deposit',
  refund_rule: 'full',
  payee_name: '极曜汽车',
  amount_fen: 100000,
  hold_hours: 72,
  extension_hours: 72,
  pay_minutes: 15,
};
const CAR = {
  id: 'car-1',
  title: 'J9',
  trim: 'x',
  reservable: true,
  photos: [],
  price: { price_fen: 89780000 },
  store: { id: 'store-1', name: '徐汇中心', city: '上海' },
  similar: [{ id: 'car-2' }],
};
const RESERVE = 'POST /api/customer/orders/';

// Time stands still: whoever waits is woken by a test.
mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });

const pages = [];
afterEach(() => pages.splice(0).forEach((page) => page.onUnload()));

/** So much time passes, and everything that it wakes happens. */
async function passes(device, ...pauses) {
  for (const ms of pauses) {
    mock.timers.tick(ms);
    await device.settled();
  }
}

/** The confirmation page of a car, loaded; `agree` also agrees to everything. */
async function confirm(device, { agree = true } = {}) {
  device.server.on('GET /api/visitor/vehicles/car-1', CAR).on('GET /api/visitor/orders/terms', TERMS);
  const page = device.page('packages/reserve/confirm', { vehicle_id: 'car-1' });
  await device.settled();
  if (agree) {
    page.agreeToTerms({ detail: { checked: true } });
    page.agreementChanged({ detail: { missing: '', ticked: [] } });
  }
  return page;
}

async function submitted(device, page) {
  await page.submit();
  await device.settled();
}

const wentTo = (device) => device.called('redirectTo').map((one) => one.url);

test('nothing is ticked for her, and nothing is sent before she has agreed', async () => {
  const device = signedIn();
  const page = await confirm(device, { agree: false });
  assert.equal(page.data.agreed, false);
  await submitted(device, page);
  assert.equal(page.data.nudge, 'terms');
  page.agreeToTerms({ detail: { checked: true } });
  page.agreementChanged({ detail: { missing: 'dealer_sharing', ticked: [] } });
  await submitted(device, page);
  assert.equal(page.data.nudge, 'dealer_sharing');
  assert.equal(device.server.asked(RESERVE).length, 0);
});

test('a double tap is one request', async () => {
  const device = signedIn();
  const page = await confirm(device);
  device.server.on(RESERVE, { order: order(), payment: PAYMENT });
  await Promise.all([page.submit(), page.submit(), page.submit()]);
  assert.equal(device.server.asked(RESERVE).length, 1);
});

test('after a broken line the same key asks again, and after an answer another one', async () => {
  const device = signedIn();
  const page = await confirm(device);
  device.server.on(RESERVE, () => {
    throw new Error('');
  });
  await submitted(device, page);
  assert.match(page.data.notice, /不会重复下单/);
  assert.equal(page.data.stage, '');
  device.server.on(RESERVE, refusal(503, 'payments.unavailable'));
  await submitted(device, page);
  device.server.on(RESERVE, refusal(409, 'orders.something'));
  await submitted(device, page);
  await submitted(device, page);
  const keys = device.server.asked(RESERVE).map((request) => request.headers['Idempotency-Key']);
  assert.match(keys[0], /^[0-9A-Za-z_-]{8,64}$/);
  assert.deepEqual([keys[1], keys[2]], [keys[0], keys[0]]);
  assert.notEqual(keys[3], keys[0]);
});

test('a defect of ours is told in plain words, and leaves the key for the order that may have been made', async (t) => {
  const device = signedIn();
  const page = await confirm(device);
  const written = t.mock.method(console, 'error', () => {});
  // An answer that is none of the server's: whoever reads it trips.
  device.server.on(RESERVE, '');
  await submitted(device, page);
  assert.deepEqual([page.data.notice, page.data.stage, written.mock.callCount()], ['出了点问题，请稍后再试', '', 1]);
  device.server.on(RESERVE, { order: order(), payment: PAYMENT });
  await submitted(device, page);
  const [first, second] = device.server.asked(RESERVE).map((request) => request.headers['Idempotency-Key']);
  assert.equal(second, first);
});

test('while the first request is still being answered the same key waits for it', async () => {
  const device = signedIn();
  const page = await confirm(device);
  let answers = 0;
  device.server.on(RESERVE, () => ((answers += 1) === 1 ? refusal(409, 'idempotency.in_progress') : { order: order(), payment: PAYMENT }));
  const done = page.submit();
  await device.settled();
  await passes(device, 1500);
  await done;
  assert.equal(new Set(device.server.asked(RESERVE).map((request) => request.headers['Idempotency-Key'])).size, 1);
  assert.deepEqual(wentTo(device), ['/packages/reserve/result?id=order-1&told=paid']);
});

test('the pay sheet gets the six values of the server and nothing else', async () => {
  const device = signedIn();
  const page = await confirm(device);
  device.server.on(RESERVE, { order: order(), payment: PAYMENT });
  await submitted(device, page);
  const { success, fail, ...values } = device.called('requestPayment')[0];
  assert.deepEqual(values, PAYMENT);
});

for (const [reason, told] of [['cancel', 'cancelled'], ['', 'failed']]) {
  test(`a payment that is ${told} leads to the order that can still be paid`, async () => {
    const device = signedIn();
    const page = await confirm(device);
    device.server.on(RESERVE, { order: order(), payment: PAYMENT });
    device.answers.requestPayment = fails(reason);
    await submitted(device, page);
    assert.deepEqual(wentTo(device), [`/packages/reserve/result?id=order-1&told=${told}`]);
    const result = await resultPage(device, told, order());
    assert.equal(result.data.view.kind, 'unpaid');
    assert.equal(result.data.countdown, '15:00');
  });
}

test('what is ticked is recorded with the version of the text before anything is reserved', async () => {
  const device = signedIn({ consents: [] });
  const page = await confirm(device);
  page.agreementChanged({ detail: { missing: '', ticked: ['phone', 'dealer_sharing'] } });
  device.server.on(RESERVE, { order: order(), payment: PAYMENT });
  await submitted(device, page);
  const sent = device.server.requests.filter((request) => request.route.startsWith('POST /api/customer/'));
  assert.deepEqual(sent.map((request) => request.body.purpose ?? request.route), ['phone', 'dealer_sharing', RESERVE]);
  assert.equal(sent[0].body.text_version, '2026-11');
});

test('changed terms are shown again, untied from her old agreement', async () => {
  const device = signedIn();
  const page = await confirm(device);
  device.server.on(RESERVE, refusal(409, 'orders.terms_changed', { terms_version: '2026-12' }));
  device.server.on('GET /api/visitor/orders/terms', { ...TERMS, version: '2026-12', text: 'new terms' });
  await submitted(device, page);
  assert.deepEqual([page.data.agreed, page.data.reading, page.data.terms.text], [false, true, 'new terms']);
  page.agreeInSheet();
  device.server.on(RESERVE, { order: order(), payment: PAYMENT });
  await submitted(device, page);
  assert.equal(device.server.asked(RESERVE).at(-1).body.terms_version, '2026-12');
});

test('a tick belongs to the version that it stood beside: newer terms that come with a refresh are not agreed to', async () => {
  const device = signedIn();
  const page = await confirm(device);
  await page.onPullDownRefresh();
  assert.equal(page.data.agreed, true);
  device.server.on('GET /api/visitor/orders/terms', { ...TERMS, version: '2026-12' });
  await page.onPullDownRefresh();
  assert.equal(page.data.agreed, false);
});

test('somebody was faster: similar cars, and when this one may come back', async () => {
  const device = signedIn();
  const page = await confirm(device);
  device.server.on(RESERVE, refusal(409, 'orders.not_on_sale', { retry_after: 899 }));
  await submitted(device, page);
  assert.deepEqual(page.data.refusal.similar, CAR.similar);
  assert.match(page.data.refusal.hint, /14:59/);
});

test('who holds a car already is led to that order', async () => {
  const device = signedIn();
  const page = await confirm(device);
  device.server.on(RESERVE, refusal(409, 'orders.limit_reached', { order_id: 'order-9' }));
  await submitted(device, page);
  page.follow();
  assert.deepEqual(wentTo(device), ['/pages/orders/detail?id=order-9']);
});

test('a car that she herself holds leads to her order, not to other cars', async () => {
  const device = signedIn();
  device.server.on('GET /api/customer/orders/', { items: [paidOrder()], next_cursor: null });
  device.server.on('GET /api/visitor/vehicles/car-1', { ...CAR, reservable: false }).on('GET /api/visitor/orders/terms', TERMS);
  const page = device.page('packages/reserve/confirm', { vehicle_id: 'car-1' });
  await device.settled();
  assert.equal(page.data.refusal.url, '/pages/orders/detail?id=order-1');
});

/** The result page of an order as the server tells it. */
async function resultPage(device, told, answer) {
  device.server.on('GET /api/customer/orders/order-1', answer);
  const page = device.page('packages/reserve/result', { id: 'order-1', told });
  pages.push(page);
  await device.settled();
  return page;
}

test("WeChat's success alone is not paid: the page asks the server until it knows, and offers no second payment", async () => {
  const device = signedIn();
  const page = await confirm(device);
  device.server.on(RESERVE, { order: order(), payment: PAYMENT });
  await submitted(device, page);
  const result = await resultPage(device, 'paid', order());
  assert.equal(result.data.view.kind, 'pending');
  device.server.on('GET /api/customer/orders/order-1', paidOrder());
  await passes(device, 1000);
  assert.equal(result.data.view.kind, 'paid');
});

test('while the line is down the page says so and goes on asking', async () => {
  const device = signedIn();
  device.require('pages/orders/paying').request('order-1', PAYMENT);
  await device.settled();
  const result = await resultPage(device, 'paid', order());
  device.server.offline = true;
  await passes(device, 1000, 400, 1200);
  assert.match(result.data.view.pendingText, /网络不通/);
  device.server.offline = false;
  device.server.on('GET /api/customer/orders/order-1', paidOrder());
  await passes(device, 2000);
  assert.equal(result.data.view.kind, 'paid');
});

test('money that came too late and goes back is told as such', async () => {
  const device = signedIn();
  const result = await resultPage(device, 'paid', order({ status: 'closed', close_reason: 'expired', payment_status: 'refunding' }));
  assert.equal(result.data.view.kind, 'over');
  assert.match(result.data.view.overText, /原路退回/);
});

test('a hidden page asks no more, a shown one again', async () => {
  const device = signedIn();
  const result = await resultPage(device, '', order({ is_ending: true, hold: { status: 'expiring' } }));
  result.onHide();
  await passes(device, 60000);
  assert.equal(device.server.asked('GET /api/customer/orders/order-1').length, 1);
  result.onShow();
  await device.settled();
  assert.equal(device.server.asked('GET /api/customer/orders/order-1').length, 2);
});

test('the terms are those of this car, in the words of their kind, with who receives the money', async () => {
  const device = signedIn();
  const page = await confirm(device);
  assert.equal(device.server.asked('GET /api/visitor/orders/terms')[0].query.vehicle_id, 'car-1');
  assert.equal(page.data.terms.deposit, '意向金');
  assert.equal(page.data.terms.earnest, null);
  assert.match(page.data.terms.facts.at(-1).text, /^极曜汽车/);
  const { termsView } = device.require('packages/reserve/terms-view');
  const words = (terms) => JSON.stringify({ ...termsView({ ...TERMS, ...terms }), text: '' });
  assert.doesNotMatch(words({ deposit_type: 'deposit' }), /意向金|[{}]\w+}|undefined/);
  const forfeit = words({ deposit_type: 'earnest_money', refund_rule: 'forfeit' });
  assert.match(forfeit, /不予退还/);
  assert.doesNotMatch(forfeit, /意向金|可全额退回|自动全额/);
});

test('earnest money is agreed to apart, and nothing is sent before', async () => {
  const device = signedIn();
  const page = await confirm(device);
  device.server.on('GET /api/visitor/orders/terms', { ...TERMS, deposit_type: 'earnest_money', refund_rule: 'forfeit' }).on(RESERVE, { order: order(), payment: PAYMENT });
  await page.load();
  await submitted(device, page);
  assert.equal(page.data.nudge, 'earnest');
  assert.equal(device.server.asked(RESERVE).length, 0);
  page.agreeToEarnest({ detail: { checked: true } });
  assert.equal(page.data.nudge, '');
  await submitted(device, page);
  assert.equal(device.server.asked(RESERVE).length, 1);
});

test('terms that this car does not fit close it to reservations, with the way to its stores', () => {
  const { refusalOf } = signedIn().require('packages/reserve/refusals');
  for (const code of ['orders.terms_missing', 'orders.terms_unfit', 'payments.payee_missing']) {
    assert.equal(refusalOf({ code, status: 409, details: {} }, []).url, '/pages/stores/index');
  }
});
