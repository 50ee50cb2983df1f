/** The list shows what she asked for last, wherever the wish came from, and never leaves her with nothing to do. */
'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, mock, test } = require('node:test');
const { Device } = require('./device');

// Events are sent by a timer, for which no test here waits.
beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const CARS = 'GET /api/visitor/vehicles/';
const SHARING = 'GET /api/visitor/sharing/S1';
const FACETS = { series: [{ value: 'j5', label: '极曜 J5', count: 3 }], city: [{ value: '上海', label: '上海', count: 3 }] };
const car = (id) => ({ id, photo: `/media/${id}.svg` });
const found = (items, more = {}) => ({ items, total: items.length, next_cursor: null, sort: 'newest', facets: FACETS, ranges: {}, place: null, ...more });

function phone(answer = found([car('a'), car('b')])) {
  const device = new Device();
  device.server.on(CARS, answer).on('POST /api/visitor/events/', { accepted: 1, duplicate: 0, rejected: [] });
  return device;
}

async function opened(device, query = {}) {
  const page = device.page('pages/vehicles/index', query);
  await device.settled();
  return page;
}

const shown = (page) => page.data.chunks.flatMap(({ cars }) => cars.map(({ id }) => id));
const lastAsked = (device) => device.server.asked(CARS).at(-1).query;

test('home hands over what it was asked for: the list shows it, also when it was open before', async () => {
  const device = phone();
  const page = await opened(device);
  device.require('lib/handover').give('list', { filters: { series: ['j5'] }, sort: 'recommended' });
  page.onShow();
  await device.settled();
  assert.deepEqual([lastAsked(device).series, lastAsked(device).sort], ['j5', 'recommended']);
  assert.deepEqual(page.data.chips.map(({ text }) => text), ['极曜 J5']);
  page.onShow();
  await device.settled();
  assert.equal(device.server.asked(CARS).length, 2, 'coming back asks nothing anew');
});

test('the next page is added behind, and a page that failed can be asked for again', async () => {
  const device = phone(found([car('a')], { total: 2, next_cursor: 'n1' }));
  const page = await opened(device);
  device.server.on(CARS, { status: 422, body: { error: 'x', message: '' } });
  page.onReachBottom();
  await device.settled();
  assert.equal(page.data.tail, 'failed');
  device.server.on(CARS, found([car('b')], { total: 2, facets: null }));
  device.tap(page, 'more');
  await device.settled();
  assert.deepEqual([shown(page), page.data.tail, lastAsked(device).cursor, lastAsked(device).facets], [['a', 'b'], 'end', 'n1', 'false']);
});

test('a car that comes again behind the place where it stood is shown once', async () => {
  const device = phone(found([car('a'), car('b')], { total: 3, next_cursor: 'n1' }));
  const page = await opened(device);
  device.server.on(CARS, found([car('b'), car('c')], { total: 3, facets: null }));
  page.onReachBottom();
  await device.settled();
  assert.deepEqual(shown(page), ['a', 'b', 'c']);
});

test('what the field suggests takes the place of words, and keeps the other conditions', async () => {
  const device = phone();
  device.require('lib/handover').give('list', { filters: { q: '帕梅', city: ['上海'] } });
  const page = await opened(device);
  page.choose({ detail: { filters: { series: ['j5'] } } });
  await device.settled();
  assert.deepEqual(page.data.asked, { city: ['上海'], series: ['j5'] });
  assert.deepEqual(page.data.chips.map(({ text }) => text), ['极曜 J5', '上海']);
});

test('a price among her words becomes a condition of its own, which she can take away and pages go on with', async () => {
  const device = phone(found([car('a')], { total: 2, next_cursor: 'n1', price_said: { q: 'J5', price_min_fen: null, price_max_fen: 30000000 } }));
  device.require('lib/handover').give('list', { filters: { q: 'J5 30万以内' } });
  const page = await opened(device);
  assert.deepEqual([page.data.q, page.data.chips.map(({ text }) => text)], ['J5', ['J5', '30 万以内']]);
  device.server.on(CARS, found([car('b')], { total: 2, facets: null }));
  page.onReachBottom();
  await device.settled();
  assert.deepEqual([lastAsked(device).q, lastAsked(device).price_max_fen, lastAsked(device).cursor], ['J5', '30000000', 'n1']);
  page.remove('price');
  await device.settled();
  assert.deepEqual(page.data.asked, { q: 'J5' });
});

test('a server that leaves the counts out takes no choice away from her', async () => {
  const page = await opened(phone(found([car('a')], { facets: null, ranges: null, histogram: null })));
  assert.deepEqual([page.data.state, page.data.counted.facets, page.data.counted.histogram], ['ready', {}, []]);
});

test('a search is kept without the place where she stands, unless a radius is counted from it', async () => {
  const device = phone();
  device.require('lib/place');
  device.wx.setStorageSync('place', { kind: 'here', lat: 31.231, lng: 121.472, at: Date.now() });
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'c' } });
  device.server.on('POST /api/customer/saved-searches/', { id: 's' });
  device.require('lib/handover').give('list', { filters: { series: ['j5'] } });
  const page = await opened(device);
  const kept = () => device.server.asked('POST /api/customer/saved-searches/').at(-1).body;
  page.openSave();
  assert.equal(page.data.saveName, '极曜 J5');
  await page.save();
  assert.deepEqual(kept(), { name: '极曜 J5', frequency: 'daily', filters: { series: ['j5'] }, place: null });
  page.ask({ radius_km: 50 });
  await device.settled();
  page.openSave();
  await page.save();
  assert.deepEqual(kept().place, { lat: 31.231, lng: 121.472, crs: 'gcj02' });
  assert.equal(kept().filters.radius_km, 50);
});

test('an answer to an older question does not take the place of a newer one', async () => {
  const device = phone();
  const page = await opened(device);
  const waiting = [];
  device.server.on(CARS, () => new Promise((resolve) => waiting.push(resolve)));
  page.ask({ q: 'old' });
  page.ask({ q: 'new' });
  await device.settled();
  waiting[1](found([car('new')]));
  waiting[0](found([car('old')]));
  await device.settled();
  assert.deepEqual(shown(page), ['new']);
});

test('a shared list says who shared and how many there are now, and her own city does not cut it down', async () => {
  const device = phone(found([car('a')], { total: 12 }));
  device.require('lib/place').choose('成都');
  const list = { filters: { series: ['j5'], model_year: [2024] }, total: 12, items: [] };
  device.server.on(SHARING, { share: { id: 'S1', kind: 'list', channel: 'friend', sharer: { nickname: '小雯' } }, vehicle: null, list, similar: [] });
  const page = await opened(device, { share_id: 'S1' });
  assert.equal(page.data.sharedBy, '小雯 分享了 12 辆车');
  assert.deepEqual([lastAsked(device).series, lastAsked(device).model_year, lastAsked(device).city], ['j5', '2024', undefined]);
  const [{ query }] = device.server.asked(SHARING);
  assert.deepEqual([query.visitor_id, query.scene], [device.require('lib/session').visitorId(), '1001']);
  device.tap(page, 'leaveShared');
  await device.settled();
  assert.deepEqual([page.data.sharedBy, page.data.asked], ['', {}]);
});

test('a mini-program code opens its share; one that is gone shows all cars and says so', async () => {
  const device = phone();
  device.server.on(SHARING, { status: 404, body: { error: 'sharing.unknown', message: '分享已失效或不存在' } });
  const page = await opened(device, { scene: encodeURIComponent('S1') });
  assert.deepEqual([shown(page), page.data.sharedBy], [['a', 'b'], '']);
  assert.match(device.called('showToast')[0].title, /已失效/);
});

test('a share that could not be opened for want of a network can be tried again', async () => {
  const device = phone();
  device.server.on(SHARING, { status: 500, body: {} });
  const page = await opened(device, { share_id: 'S1' });
  assert.equal(page.data.state, 'error');
  const list = { filters: {}, total: 0, items: [] };
  device.server.on(CARS, found([]));
  device.server.on(SHARING, { share: { sharer: { nickname: null } }, vehicle: null, list });
  page.retry();
  await device.settled();
  assert.deepEqual([page.data.state, page.data.sharedBy], ['empty', '好友 分享的车辆均已售出']);
});

test('when nothing is found she learns which condition to drop, most cars first', async () => {
  const totals = { 'j5,飞': 0, 飞: 0, j5: 7 };
  const device = phone(({ query }) => found([], { total: totals[[query.series, query.q].filter(Boolean).join(',')] ?? 40 }));
  device.require('lib/handover').give('list', { filters: { series: ['j5'], q: '飞' } });
  const page = await opened(device);
  assert.equal(page.data.state, 'empty');
  assert.deepEqual(page.data.drops.map(({ text }) => text), ['去掉“飞”，有 7 辆']);
  device.tap(page, 'removeChip', { key: page.data.drops[0].key });
  await device.settled();
  assert.deepEqual(page.data.asked, { series: ['j5'] });
});

test('her city is a chip; taking it away, or choosing others, is the end of it as her place', async () => {
  const device = phone();
  const place = device.require('lib/place');
  place.choose('上海');
  const page = await opened(device);
  assert.deepEqual([lastAsked(device).city, page.data.chips.map(({ key }) => key)], ['上海', ['city:上海']]);
  page.apply({ detail: { filters: { city: ['上海'], series: ['j5'] } } });
  await device.settled();
  assert.deepEqual([page.data.asked, place.current().kind], [{ series: ['j5'] }, 'city']);
  page.apply({ detail: { filters: { city: ['上海', '苏州'] } } });
  await device.settled();
  assert.deepEqual([page.data.asked, lastAsked(device).city, place.current().kind], [{ city: ['上海', '苏州'] }, '上海,苏州', 'none']);
  place.choose('上海');
  page.ask({});
  device.tap(page, 'removeChip', { key: 'city:上海' });
  await device.settled();
  assert.deepEqual([lastAsked(device).city, place.current().kind], [undefined, 'none']);
});

test('sharing names the search without her, and goes out even when the server is silent', async () => {
  const device = phone();
  device.require('lib/handover').give('list', { filters: { series: ['j5'] } });
  const page = await opened(device);
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'c' } });
  device.server.on('POST /api/customer/sharing/', { id: 'S9', path: 'pages/vehicles/index?share_id=S9', title: '为您挑选', image_url: '/media/x.svg' });
  const card = page.onShareAppMessage();
  assert.deepEqual(await card.promise, { title: '为您挑选', path: 'pages/vehicles/index?share_id=S9', imageUrl: 'https://api.marque.example/media/x.svg' });
  assert.deepEqual(device.server.asked('POST /api/customer/sharing/')[0].body, { kind: 'list', filters: { series: ['j5'] }, channel: 'friend' });
  device.server.on('POST /api/customer/sharing/', { status: 409, body: { error: 'x', message: '' } });
  const alone = page.onShareAppMessage();
  const fallback = await alone.promise;
  const again = await opened(device, Object.fromEntries(new URLSearchParams(fallback.path.split('?')[1])));
  assert.deepEqual(again.data.asked, { series: ['j5'] });
});

test('Moments get the share that was made when she opened the sheet, and a plain one without it', async () => {
  const device = phone();
  const page = await opened(device);
  assert.equal(page.onShareTimeline().query, `filters=${encodeURIComponent('{}')}`);
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'c' } });
  device.server.on('POST /api/customer/sharing/', { id: 'S9', path: 'pages/vehicles/index?share_id=S9', title: '为您挑选', image_url: null });
  device.tap(page, 'openShareSheet');
  await device.settled();
  assert.deepEqual(page.onShareTimeline(), { title: '为您挑选', query: 'share_id=S9', imageUrl: 'https://api.marque.example/media/a.svg' });
  page.ask({ q: 'x' });
  assert.notEqual(page.onShareTimeline().query, 'share_id=S9', 'another search is another share');
});

test('in single-page mode cars are looked at, not opened', async () => {
  const device = phone();
  device.require('lib/launch').note({ scene: 1154, query: {} });
  const page = await opened(device);
  page.openCar({ detail: { id: 'a' } });
  assert.equal(device.called('navigateTo').length, 0);
  assert.match(device.called('showToast')[0].title, /前往小程序/);
});

test('filters and place change together, so that the map asks once', async () => {
  const device = phone();
  const page = await opened(device);
  const changes = [];
  const { setData } = page;
  page.setData = (change, then) => (changes.push(Object.keys(change).filter((name) => ['asked', 'from'].includes(name))), setData(change, then));
  page.ask({ series: ['j5'] });
  await device.settled();
  assert.deepEqual(changes.filter((names) => names.length), [['asked', 'from']]);
  assert.deepEqual([page.data.asked, page.data.chips.map(({ text }) => text)], [{ series: ['j5'] }, ['极曜 J5']]);
});
