/** Waiting for a car: her place is told as it is, her turn runs by the server's seconds, and nobody is kept in a line against her will. */
'use strict';

const assert = require('node:assert/strict');
const { afterEach, mock, test } = require('node:test');
const { car } = require('./cars');
const { paidOrder, refusal, signedIn } = require('./orders');

// Time stands still: whoever waits is woken by a test.
mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });

const CAR = 'GET /api/visitor/vehicles/car-1';
const LINE = 'GET /api/visitor/waiting-list/car-1';
const MINE = 'GET /api/customer/waiting-list/';
const JOIN = 'POST /api/customer/waiting-list/car-1';
const LEAVE = 'DELETE /api/customer/waiting-list/car-1';
const TERMS = { version: '1', text: 'x', deposit_type: 'intent_deposit', refund_rule: 'full', amount_fen: 100000, hold_hours: 72, pay_minutes: 15 };

const PLACE = {
  id: 'place-1',
  status: 'waiting',
  label: '排队中',
  position: 2,
  offered_until: null,
  offer_ends_in_seconds: 0,
  was_skipped: false,
  can_reserve: false,
  joined_at: '2026-11-22T01:00:00+00:00',
  ended_at: null,
  vehicle: { id: 'car-1', title: 'J9', price_fen: 89780000, status: 'reserved', photo: null, store: { id: 'store-1', name: '徐汇中心', city: '上海' } },
};
const OFFER = { ...PLACE, status: 'offered', label: '轮到您了', position: 1, offered_until: '2026-11-22T01:15:00+00:00', offer_ends_in_seconds: 900, can_reserve: true };
const held = () => car({ reservable: false, status: { key: 'reserved', label: '已预订' } });
const line = (waiting, more = {}) => ({ vehicle_id: 'car-1', is_open: true, waiting, offer_minutes: 15, most_per_customer: 5, ...more });

const pages = [];
afterEach(() => pages.splice(0).forEach((page) => page.onUnload && page.onUnload()));

/** A phone before a car that somebody else holds; `places` are hers. */
function phone({ places = [], waiting = 1 } = {}) {
  const device = signedIn();
  device.server.on(CAR, held()).on(LINE, line(waiting)).on(MINE, { items: places });
  return device.server.on('GET /api/customer/orders/', { items: [], next_cursor: null }) && device;
}

async function open(device, route, query) {
  const page = device.page(route, query);
  pages.push(page);
  await device.settled();
  return page;
}
async function detail(device) {
  const page = await open(device, 'pages/vehicles/detail', { id: 'car-1' });
  page.onShow();
  await device.settled();
  return page;
}
async function list(device) {
  const page = await open(device, 'pages/orders/index', {});
  page.onShow();
  await device.settled();
  return page;
}
async function passes(device, ...pauses) {
  for (const ms of pauses) {
    mock.timers.tick(ms);
    await device.settled();
  }
}
/** What she answers to the question whether she means it. */
const answers = (device, confirm) => (device.wx.showModal = (options) => options.success({ confirm, cancel: !confirm }));

test('a car that somebody else holds offers a place in line, and says how many have one', async () => {
  const page = await detail(phone({ waiting: 3 }));
  assert.equal(page.data.line.isIn, false);
  assert.match(page.data.line.ahead, /3/);
  assert.match(page.data.line.text, /3 人/);
  assert.ok(page.data.line.rules.some(({ text }) => /15 分钟/.test(text)));
});

test('joining is one request however often she taps, and shows the place that the server gave', async () => {
  const device = phone();
  const page = await detail(device);
  device.server.on(JOIN, PLACE).on(MINE, { items: [PLACE] });
  page.openLine();
  await Promise.all([page.joinLine(), page.joinLine()]);
  await device.settled();
  assert.equal(device.server.asked(JOIN).length, 1);
  assert.equal(page.data.sheet, '');
  assert.match(page.data.line.place, /第 2 位/);
  assert.match(device.called('showToast').at(-1).title, /第 2 位/);
});

test('a refusal is told in its words, and the car is looked at again', async () => {
  const device = phone();
  const page = await detail(device);
  device.server.on(JOIN, refusal(409, 'orders.waiting_on_sale')).on(CAR, car()).on('GET /api/visitor/orders/terms', TERMS);
  await page.joinLine();
  await device.settled();
  assert.ok(device.called('showToast').some(({ title }) => title === 'refused: orders.waiting_on_sale'));
  assert.equal(page.data.car.reservable, true);
  assert.equal(page.data.line, null);
});

test('her turn counts down on the page, and once it is over the way to reserve is gone before the server is asked', async () => {
  const device = phone({ places: [OFFER] });
  const page = await detail(device);
  assert.equal(page.data.line.isTurn, true);
  assert.match(page.data.line.text, /15:00/);
  await passes(device, 1000);
  assert.match(page.data.line.text, /14:59/);
  device.server.on(MINE, { items: [{ ...OFFER, offer_ends_in_seconds: 1 }] });
  await page.load();
  await device.settled();
  device.server.offline = true;
  await passes(device, 1000);
  assert.equal(page.data.line.isTurn, false);
  assert.match(page.data.line.text, /下一位/);
});

test('while the line cannot be asked the page still says that the car is held', async () => {
  const device = phone();
  device.server.on(LINE, refusal(503, 'request.unavailable'));
  const page = device.page('pages/vehicles/detail', { id: 'car-1' });
  pages.push(page);
  await passes(device, 0, 2000, 5000);
  assert.equal(page.data.line, null);
  assert.match(page.data.statusText, /其他客户/);
});

test('a page that is not looked at asks nothing', async () => {
  const device = phone({ places: [PLACE] });
  const page = await detail(device);
  await passes(device, 15000);
  const before = device.server.asked(CAR).length;
  assert.ok(before > 2);
  page.load();
  page.onHide();
  await device.settled();
  await passes(device, 60000);
  assert.equal(device.server.asked(CAR).length, before + 1);
});

test('who has an offer is let on to reserve the car that others cannot have, and is told until when', async () => {
  const device = phone({ places: [OFFER] });
  device.server.on('GET /api/visitor/orders/terms', TERMS);
  const page = await open(device, 'packages/reserve/confirm', { vehicle_id: 'car-1' });
  assert.equal(page.data.refusal, null);
  assert.match(page.data.offered, /09:15/);
});

test('who only waits is not let on to reserve it', async () => {
  const device = phone({ places: [PLACE] });
  device.server.on('GET /api/visitor/orders/terms', TERMS);
  const page = await open(device, 'packages/reserve/confirm', { vehicle_id: 'car-1' });
  assert.match(page.data.refusal.text, /排队/);
});

test('the list of orders shows places before orders, with what can be done about each', async () => {
  const over = { ...PLACE, id: 'place-3', status: 'over', label: '不再出售', position: 0, ended_at: '2026-11-22T02:00:00+00:00' };
  const free = { ...PLACE, id: 'place-4', label: '可以预订', can_reserve: true };
  const skipped = { ...PLACE, id: 'place-5', was_skipped: true };
  const device = phone({ places: [OFFER, PLACE, free, skipped, over] });
  device.server.on('GET /api/customer/orders/', { items: [paidOrder()], next_cursor: null });
  const page = await list(device);
  const [offer, place, onSale, passed, ended] = page.data.places;
  assert.deepEqual([offer, place, onSale, passed, ended].map(({ mayReserve, mayLeave }) => [mayReserve, mayLeave]), [[true, true], [false, true], [true, true], [false, true], [false, false]]);
  assert.match(offer.line, /15:00/);
  assert.match(place.line, /第 2 位/);
  assert.match(passed.line, /另一辆车/);
  assert.match(ended.line, /不再出售/);
  assert.equal(page.data.rows.length, 1);
  await passes(device, 1000);
  assert.match(page.data.places[0].line, /14:59/);
});

test('an offer that runs out in the list is asked after at once', async () => {
  const device = phone({ places: [{ ...OFFER, offer_ends_in_seconds: 2 }] });
  const page = await list(device);
  device.server.on(MINE, { items: [{ ...OFFER, status: 'lapsed', label: '已过期', offer_ends_in_seconds: 0, can_reserve: false, ended_at: '2026-11-22T01:15:00+00:00' }] });
  await passes(device, 1000, 1000);
  assert.equal(page.data.places[0].mayReserve, false);
  assert.match(page.data.places[0].line, /让给下一位/);
});

test('leaving asks her first, and does nothing when she changes her mind', async () => {
  const device = phone({ places: [PLACE] });
  const page = await list(device);
  const tap = { currentTarget: { dataset: { index: 0 } } };
  answers(device, false);
  await page.leave(tap);
  assert.equal(device.server.asked(LEAVE).length, 0);
  answers(device, true);
  device.server.on(LEAVE, { status: 204, body: '' }).on(MINE, { items: [] });
  await page.leave(tap);
  await device.settled();
  assert.equal(device.server.asked(LEAVE).length, 1);
  assert.deepEqual(page.data.places, []);
  assert.equal(page.data.state, 'empty');
});

test('orders are shown when the line cannot be asked, and the line can be tried again', async () => {
  const device = phone();
  device.server.on('GET /api/customer/orders/', { items: [paidOrder()], next_cursor: null }).on(MINE, refusal(500, 'internal'));
  const page = await list(device);
  assert.equal(page.data.state, 'ready');
  assert.equal(page.data.placesFailed, true);
  device.server.on(MINE, { items: [PLACE] });
  await page.loadAgain();
  assert.equal(page.data.placesFailed, false);
  assert.equal(page.data.places.length, 1);
});
