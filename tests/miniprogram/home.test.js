/** Home says where she is and what there is, for her place, and stays on the screen when the network goes. */
'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, mock, test } = require('node:test');
const { Device } = require('./device');

// Events are sent by a timer, for which no test here waits; a repeated request does not pause.
beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const keyed = (key, label) => ({ key, label });
const CAR = {
  id: 'a', title: '极曜 J5 2024款 长续航版', trim: '长续航版', series: keyed('j5', '极曜 J5'), status: keyed('listed', '在售'), condition: keyed('used', '二手车'),
  model_year: 2024, odometer_km: 23400, exterior_color: keyed('white', '云母白'), energy: null, price_fen: 26880000, guide_price_fen: 32880000, photo: null,
  store: { id: 's', name: '极曜上海徐汇中心', city: '上海' }, distance_m: 3210,
};
const SERIES = [{ value: 'j5', label: '极曜 J5', count: 1645 }, { value: 'j1', label: '极曜 J1', count: 0 }];

function phone(more = {}) {
  const device = new Device();
  device.server
    .on('GET /api/visitor/vehicles/', { items: [CAR], total: 1645, facets: { series: SERIES }, place: null, ...more })
    .on('GET /api/visitor/stores/', { items: [{ id: 's', name: '极曜上海徐汇中心', address: '徐汇区 1 号', distance_m: null }], cities: [] })
    .on('POST /api/visitor/events/', { accepted: 1, duplicate: 0, rejected: [] });
  return device;
}

async function opened(device) {
  const page = device.page('pages/index/index');
  await device.settled();
  return page;
}

test('series stand in the order of their names, with their counts, also the one that is sold out', async () => {
  const page = await opened(phone());
  assert.deepEqual(page.data.series.map(({ make, name, count }) => [make, name, count]), [['极曜', 'J1', '暂无在售'], ['极曜', 'J5', '1,645 辆']]);
});

test('the line of her place names what the search was asked from', () => {
  const { placeLines } = new Device().require('pages/index/view');
  assert.equal(placeLines({ kind: 'city', city: '苏州' }, null).place, '苏州');
  assert.equal(placeLines({ kind: 'here', lat: 1, lng: 2 }, '上海').place, '上海 · 我的位置');
  assert.equal(placeLines({ kind: 'here', lat: 1, lng: 2 }, null).place, '我的位置附近');
  assert.equal(placeLines({ kind: 'none' }, null).place, '选择城市或使用我的位置');
});

test('when she comes back with another place everything is asked anew, else nothing is', async () => {
  const device = phone();
  const page = await opened(device);
  page.onShow();
  await device.settled();
  assert.equal(device.server.asked('GET /api/visitor/vehicles/').length, 1);
  device.require('lib/place').choose('苏州');
  page.onShow();
  await device.settled();
  assert.deepEqual(device.server.asked('GET /api/visitor/vehicles/').map(({ query }) => query.city), [undefined, '苏州']);
  assert.equal(device.server.asked('GET /api/visitor/stores/').at(-1).query.city, '苏州');
});

test('a city without cars offers the whole country', async () => {
  const device = phone({ items: [], total: 0 });
  device.require('lib/place').choose('拉萨');
  const page = await opened(device);
  assert.deepEqual([page.data.empty, page.data.first], ['拉萨暂无在售车辆', null]);
  device.tap(page, 'openCountry');
  await device.settled();
  assert.deepEqual(device.server.asked('GET /api/visitor/vehicles/').at(-1).query.city, undefined);
});

test('what is on the screen stays when a refresh fails; an empty screen says why and can be tried again', async () => {
  const device = phone();
  const page = await opened(device);
  device.server.on('GET /api/visitor/vehicles/', { status: 500, body: {} });
  await page.onPullDownRefresh();
  assert.deepEqual([page.data.state, device.called('showToast').length, device.called('stopPullDownRefresh').length], ['ready', 1, 1]);
  const other = phone();
  other.server.on('GET /api/visitor/vehicles/', { status: 500, body: {} });
  const empty = await opened(other);
  assert.deepEqual([empty.data.state, empty.data.failure], ['error', '服务暂时不可用，请稍后再试']);
});

test('her words and a series are handed to the list, which is a tab and takes no query', async () => {
  const device = phone();
  const page = await opened(device);
  page.search({ detail: { q: 'J5 红' } });
  assert.deepEqual(device.require('lib/handover').take('list'), { filters: { q: 'J5 红' } });
  device.tap(page, 'openSeries', { key: 'j5' });
  assert.deepEqual(device.require('lib/handover').take('list'), { filters: { series: ['j5'] } });
  assert.deepEqual(device.called('switchTab').map(({ url }) => url), Array(2).fill('/pages/vehicles/index'));
});

test('cars she looked at stand in the order of looking, each once, and no more than twelve', async () => {
  const device = phone();
  const recent = device.require('lib/recent');
  for (let n = 0; n < 15; n += 1) recent.add({ ...CAR, id: `c${n}` });
  recent.add({ ...CAR, id: 'c9' });
  recent.remove('c13');
  const page = await opened(device);
  assert.deepEqual(page.data.recent.map(({ id }) => id), ['c9', 'c14', 'c12', 'c11', 'c10', 'c8', 'c7', 'c6', 'c5', 'c4', 'c3']);
  await page.clearRecent();
  assert.deepEqual([page.data.recent, recent.all()], [[], []]);
});

test('a card says what a car is, and nothing that is not known', () => {
  const device = phone();
  const line = (car, compact = false) => device.component('components/car-card/index', { car, compact }).data.line;
  assert.deepEqual(
    [line(CAR).facts, line(CAR).price, line(CAR).guide, line(CAR).where],
    ['2024 款 · 2.3 万公里 · 云母白', '¥268,800', '指导价 32.88 万', '上海 · 3.2 km'],
  );
  const other = { ...CAR, condition: keyed('new', '新车'), odometer_km: 0, exterior_color: null, guide_price_fen: null, distance_m: null };
  assert.deepEqual([line(other).facts, line(other).guide, line(other).where], ['2024 款', '', '极曜上海徐汇中心']);
  assert.equal(line(CAR, true).facts, '2024 款 · 2.3 万公里');
});
