/** Her finds: what she likes, compares, saved and was told of; nothing is lost by a tap, and what was sold says so. */
'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, mock, test } = require('node:test');
const { Device } = require('./device');

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const keyed = (key, label) => ({ key, label });
const card = (id, more = {}) => ({
  id, title: `极曜 ${id}`, trim: 'GT', series: keyed('j7', '极曜 J7'), status: keyed('listed', '在售'), condition: keyed('used', '二手车'), model_year: 2024,
  odometer_km: 1, exterior_color: null, energy: null, price_fen: 30000000, guide_price_fen: null, monthly_fen: null, photo: null, distance_m: null,
  store: { id: 's', name: '极曜上海', city: '上海' }, ...more,
});

function phone() {
  const device = new Device();
  device.wx.setStorageSync('session', { token: 'token', customer: { id: 'me', nickname: null, phone_masked: null } });
  device.server.on('POST /api/visitor/events/', { accepted: 1, duplicate: 0, rejected: [] });
  return device;
}

async function opened(device, name, query = {}) {
  const page = device.page(`packages/finds/${name}`, query);
  page.onShow?.();
  await device.settled();
  return page;
}

test('four cars are compared, and a fifth waits until one makes room', () => {
  const device = phone();
  const compare = device.require('lib/compare');
  assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map((id) => compare.toggle(card(id))), [true, true, true, true, false]);
  compare.remove('b');
  assert.equal(compare.toggle(card('e')), true);
  assert.deepEqual(compare.all().map(({ id }) => id), ['a', 'c', 'd', 'e']);
});

test('the comparison says what is missing by a dash, and shows only what differs when she wants that', async () => {
  const device = phone();
  const compare = device.require('lib/compare');
  ['a', 'b'].forEach((id) => compare.toggle(card(id)));
  const groups = [
    { label: '价格', rows: [{ label: '售价', values: ['¥1', '¥2'], differs: true }] },
    { label: '基本', rows: [{ label: '车身', values: ['SUV', 'SUV'], differs: false }, { label: '座位数', values: [null, '5'], differs: true }] },
    { label: '门店', rows: [{ label: '城市', values: ['上海', '上海'], differs: false }] },
  ];
  device.server.on('GET /api/visitor/vehicles/compare', { vehicles: [card('a'), card('b', { status: keyed('sold', '已售') })], groups });
  const page = await opened(device, 'compare');
  assert.equal(device.server.asked('GET /api/visitor/vehicles/compare')[0].query.ids, 'a,b');
  assert.deepEqual([page.data.cars.map(({ mark }) => mark), page.data.canAdd], [['', '已售'], true]);
  assert.equal(page.data.groups[1].rows[1].values[0].text, '—');
  page.toggleDifferent();
  assert.deepEqual(page.data.groups.map(({ label, rows }) => [label, rows.length]), [['价格', 1], ['基本', 1]]);
});

test('a car that the server does not know leaves the comparison, and the others stay', async () => {
  const device = phone();
  const compare = device.require('lib/compare');
  ['a', 'b'].forEach((id) => compare.toggle(card(id)));
  device.server.on('GET /api/visitor/vehicles/compare', ({ query }) =>
    query.ids === 'a' ? { vehicles: [card('a')], groups: [] } : { status: 404, body: { error: 'vehicles.unknown', message: '', details: { ids: ['b'] } } },
  );
  const page = await opened(device, 'compare');
  assert.deepEqual([page.data.state, page.data.cars.map(({ id }) => id), compare.all().map(({ id }) => id)], ['ready', ['a'], ['a']]);
});

test('a favourite that was sold stays with its state, and a heart that is taken back takes its row along', async () => {
  const device = phone();
  const item = (id, more) => ({ vehicle: card(id), favourited_at: '2026-11-20T00:00:00Z', note: null, hint: null, is_available: true, ...more });
  const items = [item('a', { note: '比收藏时降 ¥30,000' }), item('b', { is_available: false, hint: '已售出，看看相似车辆' })];
  device.server.on('GET /api/customer/favourites/', { items, total: 2, next_cursor: null }).on('DELETE /api/customer/favourites/a', { is_favourite: false });
  device.require('lib/favourites');
  device.wx.setStorageSync('favourites', ['a', 'b']);
  const page = await opened(device, 'favourites');
  assert.deepEqual(page.data.items.map(({ note, isGone }) => [note, isGone]), [['比收藏时降 ¥30,000', false], ['', true]]);
  device.require('lib/favourites').toggle('a');
  await device.settled();
  assert.deepEqual(page.data.items.map(({ key }) => key), ['b']);
});

const SEARCHES = 'GET /api/customer/saved-searches/';
const saved = (id, more = {}) => ({ id, name: `搜索${id}`, summary: 'x', filters: {}, frequency: 'daily', frequency_label: '每天', paused: false, total: 3, new: 0, ...more });

test('a deleted search can be had back until its time is over, and only then is it gone from the server', async () => {
  const device = phone();
  const DELETED = 'DELETE /api/customer/saved-searches/b';
  device.server.on(SEARCHES, { items: ['a', 'b', 'c'].map((id) => saved(id)), most: 20 }).on(DELETED, { status: 204, body: '' });
  const page = await opened(device, 'searches');
  const shown = () => page.data.items.map(({ key }) => key);
  await page.remove('b');
  assert.deepEqual([shown(), device.server.asked(DELETED).length], [['a', 'c'], 0]);
  page.undo();
  assert.deepEqual(shown(), ['a', 'b', 'c']);
  await page.remove('b');
  mock.timers.tick(5000);
  await device.settled();
  assert.deepEqual([shown(), device.server.asked(DELETED).length], [['a', 'c'], 1]);
});

test('who leaves the page has deleted, and a server that refuses gives the search back', async () => {
  const device = phone();
  device.server.on(SEARCHES, { items: ['a', 'b'].map((id) => saved(id)), most: 20 });
  device.server.on('DELETE /api/customer/saved-searches/a', { status: 500, body: {} });
  const page = await opened(device, 'searches');
  await page.remove('a');
  page.onUnload();
  await device.settled();
  assert.deepEqual(page.data.items.map(({ key }) => key), ['a', 'b']);
});

test('a paused search offers every frequency again', async () => {
  const device = phone();
  device.server.on(SEARCHES, { items: [saved('a', { paused: true, new: 4 })], most: 20 });
  device.server.on('PUT /api/customer/saved-searches/a', ({ body }) => saved('a', { ...body }));
  device.answers.showActionSheet = ({ itemList }) => ({ tapIndex: itemList.indexOf('有新车立即通知') });
  const page = await opened(device, 'searches');
  assert.deepEqual([page.data.items[0].often, page.data.items[0].fresh], ['已暂停通知', '4 辆新车']);
  device.tap(page, 'openMenu', { key: 'a' });
  await device.settled();
  assert.deepEqual(device.server.asked('PUT /api/customer/saved-searches/a')[0].body, { frequency: 'instant', paused: false });
  assert.equal(page.data.items[0].isPaused, false);
});

test('alerts on the screen are read up to the newest of them, the number on the tab follows, and each leads to its cars', async () => {
  const device = phone();
  const alert = (id) => ({ id, kind: 'favourite.price_dropped', label: '降价提醒', text: 'x', vehicle: card('a'), target: { kind: 'vehicle', id: 'a' }, is_read: false, created_at: '2026-11-20T00:00:00Z' });
  const several = { ...alert('n1'), kind: 'saved_search.matched', target: { kind: 'saved_search', id: 's' } };
  device.server.on('GET /api/customer/alerts/', { items: [alert('n2'), several], unread: 2, next_cursor: null });
  device.server.on('POST /api/customer/alerts/read', { unread: 0 });
  const page = await opened(device, 'alerts');
  assert.deepEqual(device.server.asked('POST /api/customer/alerts/read').map(({ body }) => body), [{ until: 'n2' }]);
  assert.equal(device.called('removeTabBarBadge').length, 1);
  device.tap(page, 'openTarget', { index: 0 });
  device.tap(page, 'openTarget', { index: 1 });
  assert.deepEqual(device.called('navigateTo').map(({ url }) => url), ['/pages/vehicles/detail?id=a', '/packages/finds/matches?id=s']);
});

test('what she looked at before anybody was signed in is brought to her list once', async () => {
  const device = new Device();
  device.server.on('POST /api/visitor/events/', { accepted: 1 }).on('POST /api/customer/recently-viewed/', { kept: 1 });
  const recent = device.require('lib/recent');
  recent.add(card('a'));
  await recent.bring();
  assert.equal(device.server.asked('POST /api/customer/recently-viewed/').length, 0);
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'me' } });
  await device.require('lib/session').ensure();
  recent.add(card('b'));
  await recent.bring();
  await recent.bring();
  const brought = device.server.asked('POST /api/customer/recently-viewed/');
  assert.deepEqual(brought.map(({ body }) => body.items.map(({ vehicle_id }) => vehicle_id)), [['a']]);
});
