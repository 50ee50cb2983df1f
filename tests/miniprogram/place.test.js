/** Where she is: asked only by her wish, kept, taken back, and never in the way when she says no. */
'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, mock, test } = require('node:test');
const { Device, appear, fails } = require('./device');

// Events are sent by a timer, for which no test here waits.
beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('her place goes into a search as WeChat gave it, and a city takes its place', async () => {
  const device = new Device();
  const place = device.require('lib/place');
  assert.deepEqual(place.query(), {});
  await place.locate();
  assert.equal(device.called('getLocation')[0].type, 'gcj02');
  assert.deepEqual(place.query(), { lat: 31.2304, lng: 121.4737, crs: 'gcj02' });
  place.choose('苏州');
  assert.deepEqual(place.query(), { city: '苏州' });
  place.clear();
  assert.deepEqual(place.query(), {});
});

test('the place is kept for the next time', () => {
  const device = new Device();
  device.require('lib/place').choose('苏州');
  const again = new Device();
  for (const [key, value] of device.storage) again.storage.set(key, value);
  assert.deepEqual(again.require('lib/place').current(), { kind: 'city', city: '苏州' });
});

test('a refusal of the dialog or of the privacy terms is told apart from a phone that does not know', async () => {
  const device = new Device();
  const place = device.require('lib/place');
  const refusals = [['auth deny', {}], ['privacy permission is not authorized', { errno: 104 }], ['auth denied', {}], ['', { errno: 112 }]];
  for (const [reason, more] of refusals) {
    device.answers.getLocation = fails(reason, more);
    await assert.rejects(place.locate(), { code: 'refused' }, reason);
  }
  device.answers.getLocation = fails('system permission denied or no signal');
  await assert.rejects(place.locate(), { code: 'unavailable' });
  assert.deepEqual(place.current(), { kind: 'none' });
});

test('her agreement is put on record when she is signed in, and not for nobody', async () => {
  const device = new Device();
  const CONSENTS = 'POST /api/customer/identity/consents';
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'c' } }).on(CONSENTS, { items: [] });
  const place = device.require('lib/place');
  await place.locate();
  await device.settled();
  assert.equal(device.server.requests.length, 0);
  await device.require('lib/session').ensure();
  await place.locate();
  await device.settled();
  assert.deepEqual(device.server.asked(CONSENTS)[0].body, { purpose: 'location', granted: true, text_version: '2026-11' });
});

test('the privacy terms are asked on the page in sight, also when another was opened later', () => {
  const device = new Device();
  const [home, list] = [device.component('components/privacy/index'), device.component('components/privacy/index')];
  const need = () => {
    const answers = [];
    device.emit('NeedPrivacyAuthorization', (answer) => answers.push(answer.event));
    return answers;
  };
  const first = need();
  assert.deepEqual([home.data.open, list.data.open], [false, true]);
  list.refuse();
  appear(home);
  const second = need();
  assert.deepEqual([home.data.open, list.data.open], [true, false]);
  home.agree();
  assert.deepEqual([first, second], [['disagree'], ['agree']]);
});

test('in single-page mode she is not asked at all', async () => {
  const device = new Device();
  device.require('lib/launch').note({ scene: 1154, query: {} });
  await assert.rejects(device.require('lib/place').locate(), { code: 'single_page' });
  assert.equal(device.called('getLocation').length, 0);
});

test('the cities are those with a store, most cars first, and one without cars says so', () => {
  const { ranked, rows } = new Device().require('pages/city/cities');
  const cities = ranked(['上海', '佛山', '苏州'], [{ value: '苏州', count: 9 }, { value: '上海', count: 30 }]);
  assert.deepEqual(cities, [{ name: '上海', count: 30 }, { name: '苏州', count: 9 }, { name: '佛山', count: 0 }]);
  assert.deepEqual(rows(cities, '', '苏州').map(({ label }) => label), ['上海，30 辆', '苏州，已选择', '佛山，暂无车辆']);
  assert.deepEqual(rows(cities, ' 苏 ', undefined).map(({ name }) => name), ['苏州']);
});

test('after a refusal the city page shows the way to the settings, and comes back by them', async () => {
  const device = new Device();
  device.server.on('GET /api/visitor/stores/', { items: [], cities: ['上海'] }).on('GET /api/visitor/vehicles/', { facets: { city: [] } });
  device.server.on('POST /api/visitor/events/', {});
  device.answers.getLocation = fails('auth deny');
  const page = device.page('pages/city/index');
  await device.settled();
  assert.deepEqual([page.data.state, page.data.isRefused], ['ready', false]);
  device.answers.getSetting = () => ({ authSetting: { 'scope.userLocation': false } });
  await page.useHere();
  assert.equal(page.data.isRefused, true);
  device.answers.getLocation = () => ({ latitude: 1, longitude: 2 });
  device.answers.openSetting = () => ({ authSetting: { 'scope.userLocation': true } });
  page.openSettings();
  await device.settled();
  assert.deepEqual(device.require('lib/place').query(), { lat: 1, lng: 2, crs: 'gcj02' });
  assert.equal(device.called('navigateBack').length, 1);
});
