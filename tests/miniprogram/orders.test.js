/** Her orders: where each stands in words that are true, countdowns that the phone's clock cannot stretch, money that is accounted for. */
'use strict';

const assert = require('node:assert/strict');
const { afterEach, mock, test } = require('node:test');
const { fails } = require('./fake-wx');
const { PAYMENT, order, paidOrder, refusal, signedIn } = require('./orders');

// Time stands still: whoever waits is woken by a test.
mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });

const ONE = 'GET /api/customer/orders/order-1';
const LIST = 'GET /api/customer/orders/';
const STORE = { id: 'store-1', phone: '400-000-0001', address: 'x', navigation: { latitude: 31.2, longitude: 121.4, name: 'x', address: 'x', scale: 16 } };

const pages = [];
afterEach(() => pages.splice(0).forEach((page) => page.onUnload()));

async function passes(device, ...pauses) {
  for (const ms of pauses) {
    mock.timers.tick(ms);
    await device.settled();
  }
}

async function open(device, route, query) {
  device.server.on('GET /api/visitor/stores/store-1', STORE);
  const page = device.page(route, query);
  pages.push(page);
  await device.settled();
  return page;
}

const detail = (device, answer) => {
  device.server.on(ONE, answer);
  return open(device, 'pages/orders/detail', { id: 'order-1' });
};

const REFUND = { status: 'requested', amount_fen: 100000, requested_at: '2026-11-22T02:00:00+00:00', settled_at: null };
/** Paid, in earnest money that she does not get back when she withdraws. */
const forfeiting = (changes) => paidOrder({ deposit_type: 'earnest_money', refund_rule: 'forfeit', refundable_until: null, ...changes });
const cancelled = (refund, payment_status = 'refunding') =>
  paidOrder({ status: 'closed', close_reason: 'cancelled_by_customer', closed_at: '2026-11-22T02:00:00+00:00', payment_status, refund, can_cancel: false });

test('a countdown runs by what has passed, and a clock that is set back does not stretch it', () => {
  const { begin, left } = signedIn().require('pages/orders/countdown');
  const countdown = begin(900, 1000000);
  assert.equal(left(countdown, 1000000 + 1000), 899);
  assert.equal(left(countdown, 1000000 + 900000), 0);
  assert.equal(left(countdown, 1000000 + 9000000), 0);
  assert.equal(left(countdown, 0), 900);
});

const STANDINGS = [
  ['awaiting', order(), { left: 900, awaited: false }],
  ['confirming', order(), { left: 0, awaited: false }],
  ['confirming', order(), { left: 900, awaited: true }],
  ['confirming', order({ hold: { status: 'hard_held' } }), { left: 259200, awaited: false }],
  ['ending', order({ is_ending: true, hold: { status: 'expiring' } }), { left: 0, awaited: true }],
  ['paid', paidOrder(), { left: 0, awaited: true }],
  ['confirmed', paidOrder({ status: 'confirmed' }), { left: 10, awaited: false }],
  ['expired', order({ status: 'closed', close_reason: 'expired' }), { left: 0, awaited: true }],
  ['refunding', cancelled(REFUND), { left: 0, awaited: false }],
  ['refunded', cancelled(REFUND, 'refunded'), { left: 0, awaited: false }],
  ['trouble', cancelled({ ...REFUND, status: 'abnormal' }), { left: 0, awaited: false }],
  ['declined_by_dealer', order({ status: 'closed', close_reason: 'declined_by_dealer' }), { left: 0, awaited: false }],
  ['sold_offline', order({ status: 'closed', close_reason: 'sold_offline' }), { left: 0, awaited: false }],
  ['forfeited', forfeiting({ status: 'closed', close_reason: 'hold_ended' }), { left: 0, awaited: false }],
  ['refunding', forfeiting({ status: 'closed', close_reason: 'sold_offline', payment_status: 'refunding', refund: REFUND }), { left: 0, awaited: false }],
];

for (const [standing, given, now] of STANDINGS) {
  test(`an order is ${standing} with ${now.left} s left${now.awaited ? ' after WeChat called it paid' : ''}, and has words for it`, () => {
    const { headline, standingOf } = signedIn().require('pages/orders/standing');
    assert.equal(standingOf(given, now), standing);
    const { title, text } = headline(given, standing);
    assert.doesNotMatch(`${title}${text}`, /[{}]|undefined/);
  });
}

test('whoever waits for money is asked after soon at first, ever more rarely, and never given up', () => {
  const { pauseOf } = signedIn().require('pages/orders/standing');
  const pauses = Array.from({ length: 200 }, (_, looks) => pauseOf('confirming', looks));
  assert.equal(pauses[0], 1000);
  assert.ok(pauses.every((pause, index) => pause > 0 && pause >= (pauses[index - 1] ?? 0)));
  assert.equal(pauseOf('paid', 0), 0);
});

test('a refund is shown as asked for, at WeChat, and back, with amounts and times', () => {
  const { refundSteps } = signedIn().require('pages/orders/progress');
  const states = (refund) => refundSteps(refund).map((step) => step.state);
  assert.deepEqual(states(null), []);
  assert.deepEqual(states(REFUND), ['done', 'now', 'todo']);
  assert.deepEqual(states({ ...REFUND, status: 'submitted' }), ['done', 'now', 'todo']);
  const back = refundSteps({ ...REFUND, status: 'succeeded', settled_at: '2026-11-22T03:00:00+00:00' });
  assert.deepEqual(back.map((step) => step.state), ['done', 'done', 'done']);
  assert.deepEqual([refundSteps(REFUND)[2].title, back[2].title], ['退回原支付账户', '已退回原支付账户']);
  assert.equal(back[2].text, '¥1,000 · 2026-11-22 11:00');
});

for (const status of ['closed', 'abnormal']) {
  test(`a refund that is ${status} is not called done, and says that somebody looks`, () => {
    const { refundSteps } = signedIn().require('pages/orders/progress');
    const [, last] = refundSteps({ ...REFUND, status });
    assert.deepEqual([last.state, last.text.includes('工作人员')], ['trouble', true]);
  });
}

test('the timeline tells of a payment only when the money came', () => {
  const { timeline } = signedIn().require('pages/orders/progress');
  const keys = (given) => timeline(given).map((step) => step.key);
  assert.deepEqual(keys(order()), ['created', 'pay']);
  assert.deepEqual(keys(paidOrder()), ['created', 'paid', 'contact', 'decide']);
  assert.deepEqual(keys(order({ status: 'closed', close_reason: 'expired' })), ['created', 'closed']);
  const settled = { ...REFUND, status: 'succeeded', settled_at: '2026-11-22T03:00:00+00:00' };
  assert.deepEqual(keys(cancelled(settled, 'refunded')), ['created', 'paid', 'closed', 'refunded']);
});

test('the page ticks without the server, and asks it when the time is over', async () => {
  const device = signedIn();
  const page = await detail(device, order({ hold: { ends_in_seconds: 3 } }));
  assert.equal(page.data.countdown.time, '00:03');
  await passes(device, 1000);
  assert.equal(page.data.countdown.time, '00:02');
  assert.equal(device.server.asked(ONE).length, 1);
  device.server.on(ONE, order({ is_ending: true, can_pay: false, hold: { status: 'expiring', ends_in_seconds: 0 } }));
  await passes(device, 1000, 1000);
  assert.equal(page.data.view.standing, 'ending');
  assert.equal(page.data.view.pay, '');
  device.server.on(ONE, order({ status: 'closed', close_reason: 'expired', hold: { status: 'expired', ends_in_seconds: 0 } }));
  await passes(device, 1000);
  assert.equal(page.data.view.standing, 'expired');
});

test('paying from the order asks for a fresh payment, and a cancelled one leaves it payable', async () => {
  const device = signedIn();
  const page = await detail(device, order());
  device.server.on('POST /api/customer/orders/order-1/pay', { order: order(), payment: PAYMENT });
  device.answers.requestPayment = fails('cancel');
  await page.pay();
  await device.settled();
  assert.equal(page.data.view.pay, '支付意向金 ¥1,000');
  assert.equal(device.called('navigateTo').length, 0);
});

test('once WeChat called it paid the order offers no second payment and cannot be cancelled, until the server knows', async () => {
  const device = signedIn();
  const page = await detail(device, order());
  device.server.on('POST /api/customer/orders/order-1/pay', { order: order(), payment: PAYMENT });
  await page.pay();
  await device.settled();
  assert.deepEqual([page.data.view.pay, page.data.view.mayCancel, page.data.view.standing], ['', false, 'confirming']);
  assert.deepEqual(device.called('navigateTo').map((one) => one.url), ['/packages/reserve/result?id=order-1&told=paid']);
  device.server.on(ONE, paidOrder());
  await passes(device, 1000);
  assert.deepEqual([page.data.view.standing, page.data.view.mayCancel], ['paid', true]);
});

test('a payment that the server refuses is told in its words, and the order is looked at again', async () => {
  const device = signedIn();
  const page = await detail(device, order());
  device.server.on('POST /api/customer/orders/order-1/pay', refusal(409, 'payments.over'));
  await page.pay();
  await device.settled();
  assert.equal(device.called('showToast')[0].title, 'refused: payments.over');
  assert.equal(device.server.asked(ONE).length, 2);
});

test('cancelling sends her reason once, and shows what becomes of the money', async () => {
  const device = signedIn();
  const page = await detail(device, paidOrder());
  device.server.on('POST /api/customer/orders/order-1/cancel', () => {
    device.server.on(ONE, cancelled(REFUND));
    return cancelled(REFUND);
  });
  await Promise.all([page.cancel({ detail: { reason: '计划有变' } }), page.cancel({ detail: { reason: '计划有变' } })]);
  await device.settled();
  const sent = device.server.asked('POST /api/customer/orders/order-1/cancel');
  assert.deepEqual(sent.map((request) => request.body), [{ reason: '计划有变' }]);
  assert.equal(page.data.view.standing, 'refunding');
  assert.equal(page.data.view.refund.length, 3);
});

test('before she cancels she reads what happens to the money, paid or not', () => {
  const device = signedIn();
  const sheet = device.component('pages/orders/cancel-sheet/index', { paid: true, amount: '¥1,000' });
  assert.match(sheet.data.money, /¥1,000.*全额原路退回/);
  sheet.setData({ deposit: '定金', kept: true });
  assert.match(sheet.data.money, /定金 ¥1,000 不予退还/);
  sheet.setData({ paid: false });
  assert.match(sheet.data.money, /尚未付款/);
});

test('what the dealer did is told with its reason and its time, and why the money comes back', () => {
  const { viewOf } = signedIn().require('pages/orders/detail-view');
  const ended = { status: 'closed', closed_at: '2026-11-22T02:00:00+00:00', payment_status: 'refunding', refund: REFUND, dealer_note: '漆面返修' };
  const declined = viewOf({ order: paidOrder({ ...ended, close_reason: 'declined_by_dealer' }), standing: 'refunding' });
  assert.match(declined.text, /^门店未能接受这笔预订。¥1,000/);
  assert.deepEqual(declined.remark, ['门店留言：漆面返修']);
  const sold = viewOf({ order: forfeiting({ ...ended, close_reason: 'sold_offline' }), standing: 'refunding' });
  assert.match(sold.remark[1], /第五百八十七条/);
  const times = { status: 'confirmed', confirmed_at: '2026-11-22T01:30:00+00:00', extended_at: '2026-11-22T01:40:00+00:00' };
  const longer = viewOf({ order: paidOrder(times), standing: 'confirmed' });
  assert.deepEqual(longer.timeline.map(({ key }) => key), ['created', 'paid', 'confirmed', 'extended', 'decide']);
  assert.deepEqual(longer.remark, ['门店已为您延长保留。']);
});

test('money that does not come back is never called refundable', () => {
  const { viewOf } = signedIn().require('pages/orders/detail-view');
  const { info, timeline } = viewOf({ order: forfeiting({ status: 'closed', close_reason: 'cancelled_by_customer', closed_at: '2026-11-22T02:00:00+00:00' }), standing: 'forfeited' });
  const words = JSON.stringify([info, timeline]);
  assert.match(words, /定金不予退还/);
  assert.doesNotMatch(words, /意向金|全额/);
  assert.equal(timeline.at(-1).key, 'forfeited');
});

test('a reason is hers to give: one of ours, her own words, or none', () => {
  const device = signedIn();
  const sheet = device.component('pages/orders/cancel-sheet/index', { open: true });
  sheet.submit();
  device.tap(sheet, 'choose', { index: 0 });
  sheet.submit();
  device.tap(sheet, 'choose', { index: sheet.data.t.reasons.length - 1 });
  sheet.setData({ own: ' 等新款 ' });
  sheet.submit();
  assert.deepEqual(sheet.events.map((event) => event.detail.reason), ['', '计划有变', '等新款']);
});

for (const route of ['pages/orders/detail', 'packages/reserve/result']) {
  test(`${route}: an order is followed only while it is looked at, and one that is not hers leads to hers`, async () => {
    const device = signedIn();
    let answer = order();
    device.server.on(ONE, () => answer);
    const page = await open(device, route, { id: 'order-1' });
    const asked = () => device.server.asked(ONE).length;
    await passes(device, 15000);
    assert.equal(asked(), 2);
    page.onHide();
    await passes(device, 60000);
    assert.equal(asked(), 2);
    answer = refusal(404, 'orders.unknown');
    page.onShow();
    await device.settled();
    assert.deepEqual([asked(), page.data.state, page.data.action !== ''], [3, 'error', true]);
    page.retry();
    assert.deepEqual(device.called('switchTab').map((one) => one.url), ['/pages/orders/index']);
  });
}

test("another's order, or none, says so and does not spin", async () => {
  const device = signedIn();
  const page = await detail(device, refusal(404, 'orders.unknown'));
  assert.deepEqual([page.data.state, page.data.failure], ['error', '没有找到这笔订单']);
});

test('an order stays on the screen when the line goes down', async () => {
  const device = signedIn();
  const page = await detail(device, order());
  device.server.offline = true;
  page.onShow();
  await passes(device, 400, 1200);
  assert.equal(page.data.state, 'ready');
});

test('the list goes on by its cursor, shows no order twice, and says when it is through', async () => {
  const device = signedIn();
  const some = (from, count) => Array.from({ length: count }, (_, index) => order({ id: `order-${from + index}` }));
  device.server.on(LIST, ({ query }) => (query.cursor ? { items: some(19, 5), next_cursor: null } : { items: some(0, 20), next_cursor: 'c' }));
  const page = await open(device, 'pages/orders/index', {});
  await page.onReachBottom();
  assert.equal(page.data.rows.length, 24);
  assert.equal(new Set(page.data.rows.map((row) => row.id)).size, 24);
  assert.equal(page.data.foot, 'end');
  await page.onReachBottom();
  assert.equal(device.server.asked(LIST).length, 2);
});

test('a list without orders leads to the cars; one that cannot be loaded can be tried again', async () => {
  const device = signedIn();
  device.server.on(LIST, { items: [], next_cursor: null });
  const page = await open(device, 'pages/orders/index', {});
  assert.equal(page.data.state, 'empty');
  page.retry();
  assert.deepEqual(device.called('switchTab').map((one) => one.url), ['/pages/vehicles/index']);
  page.setData({ state: 'loading' });
  device.server.offline = true;
  page.load();
  await passes(device, 0, 400, 1200);
  assert.equal(page.data.state, 'offline');
});

test('in the list a countdown ticks, and an order whose time is over is asked after', async () => {
  const device = signedIn();
  device.server.on(LIST, { items: [order({ hold: { ends_in_seconds: 2 } })], next_cursor: null });
  const page = await open(device, 'pages/orders/index', {});
  assert.match(page.data.rows[0].line, /00:02/);
  await passes(device, 1000);
  assert.match(page.data.rows[0].line, /00:01/);
  device.server.on(LIST, { items: [order({ status: 'closed', close_reason: 'expired', label: '超时未支付' })], next_cursor: null });
  await passes(device, 1000);
  assert.equal(page.data.rows[0].state, '超时未支付');
});

test('in the list a refund that is on its way becomes one that has arrived without a finger', async () => {
  const device = signedIn();
  device.server.on(LIST, { items: [cancelled(REFUND)], next_cursor: null });
  const page = await open(device, 'pages/orders/index', {});
  assert.match(page.data.rows[0].line, /处理中/);
  device.server.on(LIST, { items: [cancelled({ ...REFUND, status: 'succeeded' }, 'refunded')], next_cursor: null });
  await passes(device, 10000);
  assert.match(page.data.rows[0].line, /已退回/);
});

test('the list goes on asking after a refund when the line was down, without a word about it, and keeps what she scrolled to', async () => {
  const device = signedIn();
  const some = (from, count) => Array.from({ length: count }, (_, index) => paidOrder({ id: `order-${from + index}`, status: 'converted' }));
  const first = (refund) => [refund, ...some(1, 19)];
  device.server.on(LIST, ({ query }) => (query.cursor ? { items: some(20, 20), next_cursor: 'd' } : { items: first(cancelled(REFUND)), next_cursor: 'c' }));
  const page = await open(device, 'pages/orders/index', {});
  await page.onReachBottom();
  device.server.offline = true;
  await passes(device, 10000, 400, 1200);
  assert.equal(device.called('showToast').length, 0);
  device.server.offline = false;
  device.server.on(LIST, { items: first(cancelled(REFUND, 'refunded')), next_cursor: 'c' });
  await passes(device, 10000);
  assert.match(page.data.rows[0].line, /已退回/);
  assert.equal(page.data.rows.length, 40);
  await page.onReachBottom();
  assert.equal(device.server.asked(LIST).at(-1).query.cursor, 'd');
});
