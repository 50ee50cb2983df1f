/** A store's hours are China's, wherever the phone is; the stores are near when she lets us know where she is, and there when she does not. */
'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { fails } = require('./fake-wx');
const { signedIn } = require('./orders');

// Time stands still: whoever waits is woken by a test.
mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });

const WORKING_DAYS = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, ['09:00', '18:00']]));
const at = (iso) => Date.parse(iso);

const STORE = {
  id: 'store-1',
  name: '徐汇中心',
  dealer: { id: 'dealer-1', name: '上海极曜' },
  city: '上海',
  address: '极曜大道 1 号',
  phone: '400-000-0001',
  hours: WORKING_DAYS,
  capabilities: ['sales', 'test_drive', 'moon_landing'],
  distance_m: null,
  navigation: { latitude: 31.19, longitude: 121.43, name: '徐汇中心', address: '极曜大道 1 号', scale: 16 },
};

async function stores(device) {
  device.server.on('GET /api/visitor/stores/', ({ query }) => ({
    items: query.city === '拉萨' ? [] : [{ ...STORE, distance_m: query.lat ? 3200 : null }],
    cities: ['上海', '杭州'],
  }));
  const page = device.page('pages/stores/index');
  await device.settled();
  return page;
}

const asked = (device) => device.server.asked('GET /api/visitor/stores/').at(-1).query;

// 2026-11-20 is a Friday.
const HOURS = [
  ['2026-11-20T02:00:00Z', true, '营业中', '至 18:00', 'in the morning of a working day'],
  ['2026-11-20T09:59:00Z', true, '营业中', '至 18:00', 'in its last minute'],
  ['2026-11-20T10:00:00Z', false, '休息中', '周一 09:00 开门', 'from closing time on, before a weekend'],
  ['2026-11-20T00:30:00Z', false, '休息中', '今天 09:00 开门', 'before it opens'],
  ['2026-11-22T02:00:00Z', false, '休息中', '明天 09:00 开门', 'on a Sunday'],
  ['2026-11-19T16:30:00Z', false, '休息中', '今天 09:00 开门', 'when it is Friday in China and Thursday elsewhere'],
];

for (const [iso, open, label, text, when] of HOURS) {
  test(`a store is ${open ? 'open' : 'closed'} ${when}`, () => {
    const { status } = signedIn().require('pages/stores/opening');
    assert.deepEqual(status(WORKING_DAYS, at(iso)), { open, label, text });
  });
}

test('a store without known hours is called neither open nor closed', () => {
  const { status, week } = signedIn().require('pages/stores/opening');
  assert.equal(status({}, at('2026-11-20T02:00:00Z')).label, '');
  assert.deepEqual(week({}), []);
});

test('a store that opens on one day only says which, also on the evening of that day', () => {
  const { status } = signedIn().require('pages/stores/opening');
  assert.equal(status({ fri: ['09:00', '18:00'] }, at('2026-11-20T11:00:00Z')).text, '周五 09:00 开门');
});

test('the week has seven days from Monday on, with today marked by the clock of China', () => {
  const { week } = signedIn().require('pages/stores/opening');
  const rows = week(WORKING_DAYS, at('2026-11-19T16:30:00Z'));
  assert.deepEqual(rows.map((row) => row.text), [...Array(5).fill('09:00 – 18:00'), '休息', '休息']);
  assert.deepEqual(rows.filter((row) => row.today).map((row) => row.day), ['周五']);
});

test('what a store can do is said in words, and a word we do not have is left out', () => {
  const { abilities } = signedIn().require('pages/stores/rows');
  assert.deepEqual(abilities(STORE.capabilities), ['新车与二手车', '试驾']);
});

test('metres between two places are those of the globe', () => {
  const { metresBetween } = signedIn().require('pages/stores/distance');
  const [beijing, shanghai] = [{ lat: 39.9042, lng: 116.4074 }, { lat: 31.2304, lng: 121.4737 }];
  assert.ok(Math.abs(metresBetween(beijing, shanghai) - 1067000) < 3000);
  assert.equal(metresBetween(beijing, beijing), 0);
});

test('nobody is asked for her place before she wants it; then the nearest come first', async () => {
  const device = signedIn();
  const page = await stores(device);
  assert.equal(device.called('getLocation').length, 0);
  assert.deepEqual([asked(device).lat, page.data.isNear], [undefined, false]);
  await page.locate();
  await device.settled();
  assert.deepEqual([asked(device).lat, asked(device).crs, page.data.isNear], ['31.23', 'gcj02', true]);
  assert.equal(page.data.rows[0].distance, '3.2 km');
});

test('a refused place leaves the stores where they are and says how to allow it later', async () => {
  const device = signedIn();
  const page = await stores(device);
  device.answers.getLocation = fails('auth deny');
  await page.locate();
  await device.settled();
  assert.deepEqual([page.data.isRefused, page.data.state, page.data.rows.length], [true, 'ready', 1]);
  device.answers.getLocation = () => ({ latitude: 31.2304, longitude: 121.4737 });
  device.answers.getSetting = () => ({ authSetting: { 'scope.userLocation': true } });
  await page.openSettings();
  await device.settled();
  assert.deepEqual([page.data.isRefused, page.data.isNear], [false, true]);
});

test('a city without a store leads back to all cities', async () => {
  const device = signedIn();
  device.storage.set('place', { kind: 'city', city: '拉萨' });
  const page = await stores(device);
  assert.deepEqual([asked(device).city, page.data.state], ['拉萨', 'empty']);
  page.retry();
  await device.settled();
  assert.deepEqual([asked(device).city, page.data.state], [undefined, 'ready']);
});

test('a marker that is pressed is the store of that place in the list', async () => {
  const device = signedIn();
  const page = await stores(device);
  page.pick({ detail: { markerId: 0 } });
  assert.equal(page.data.selected, 0);
  assert.equal(page.data.rows[page.data.selected].id, 'store-1');
  assert.match(page.data.markers[0].iconPath, /store-on/);
  page.unpick();
  assert.doesNotMatch(page.data.markers[0].iconPath, /store-on/);
});

test("a store's navigation gets exactly what the server says, and is noted with the store", async () => {
  const device = signedIn();
  device.server.on('GET /api/visitor/stores/store-1', STORE).on('GET /api/visitor/vehicles/', { items: [], total: 0 });
  const page = device.page('pages/stores/detail', { id: 'store-1' });
  await device.settled();
  page.navigate();
  await device.settled();
  assert.deepEqual(device.called('openLocation')[0], STORE.navigation);
  assert.ok(device.storage.get('events').some((event) => event.name === 'navigation.opened' && event.store_id === 'store-1'));
});

test("a store is shown although its cars cannot be loaded, and all its cars are the list's with its filter", async () => {
  const device = signedIn();
  device.server.on('GET /api/visitor/stores/store-1', STORE).on('GET /api/visitor/vehicles/', { status: 500, body: { error: 'internal' } });
  const page = device.page('pages/stores/detail', { id: 'store-1' });
  await device.settled();
  assert.deepEqual([page.data.state, page.data.carsState], ['ready', 'failed']);
  page.openCars();
  assert.deepEqual(device.require('lib/handover').take('list'), { filters: { store_id: 'store-1' } });
});

test('a store that is none leads to all stores', async () => {
  const device = signedIn();
  device.server.on('GET /api/visitor/stores/none', { status: 404, body: { error: 'dealers.store_unknown' } }).on('GET /api/visitor/vehicles/', { items: [], total: 0 });
  const page = device.page('pages/stores/detail', { id: 'none' });
  await device.settled();
  assert.deepEqual([page.data.state, page.data.action], ['error', '查看全部门店']);
  page.retry();
  assert.deepEqual(device.called('redirectTo').map((one) => one.url), ['/pages/stores/index']);
});
