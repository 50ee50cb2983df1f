/** Where she is: asked only by her wish, kept, taken back, and never in the way when she says no. */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { afterEach, beforeEach, mock, test } = require('node:test');
const { Device, ROOT, appear, fails } = require('./device');
const { signedIn } = require('./orders');

// Events are sent by a timer, for which no test here waits.
beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('her place goes into a search as WeChat gave it, but no finer than a hundred metres, and a city takes its place', async () => {
  const device = new Device();
  const place = device.require('lib/place');
  assert.deepEqual(place.query(), {});
  await place.locate();
  assert.equal(device.called('getLocation')[0].type, 'gcj02');
  assert.deepEqual(place.query(), { lat: 31.23, lng: 121.474, crs: 'gcj02' });
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

const CONSENTED = 'POST /api/customer/identity/consents';
const HOURS_MS = 3600 * 1000;

/** She used her place a while ago; since then she has driven to Suzhou. */
async function driven(device) {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  await device.require('lib/place').locate();
  await device.settled();
  mock.timers.setTime(Date.now() + HOURS_MS);
  device.answers.getLocation = () => ({ latitude: 31.2989, longitude: 120.5853 });
}

test('her tap beside the words is put on record with their version, and she is signed in for it', async () => {
  const device = new Device();
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'c' } }).on(CONSENTED, { items: [] });
  await device.require('lib/place').locate();
  await device.settled();
  assert.deepEqual(device.server.asked(CONSENTED).map(({ body }) => body), [{ purpose: 'location', granted: true, text_version: '2026-11' }]);
});

test('the words of her agreement stand wherever a tap asks for her place', () => {
  const device = new Device();
  const { act } = device.require('texts/index').texts('privacy').consents.location;
  assert.match(act, /同意使用我的位置/);
  for (const page of ['pages/city/index', 'pages/stores/index', 'pages/vehicles/index']) {
    device.require(`${page}.js`);
    assert.equal(device.captured.definition.data.agreement, act, page);
    assert.match(fs.readFileSync(path.join(ROOT, `${page}.wxml`), 'utf8'), /\{\{agreement\}\}/, page);
  }
});

test('an old place is found anew while her agreement stands, without another record', async () => {
  const device = signedIn({ consents: ['location'] });
  await driven(device);
  const place = device.require('lib/place');
  await place.refresh();
  assert.deepEqual(place.query(), { lat: 31.299, lng: 120.585, crs: 'gcj02' });
  assert.equal(device.server.asked(CONSENTED).length, 1);
  await place.refresh();
  assert.equal(device.called('getLocation').length, 2);
});

test('taken back on another phone: her place is forgotten and not read again', async () => {
  const device = signedIn({ consents: [] });
  await driven(device);
  device.server.on('GET /api/customer/identity/consents', { items: [{ purpose: 'location', withdrawn_at: '2026-11-22T02:00:00+00:00' }] });
  const place = device.require('lib/place');
  await place.refresh();
  assert.deepEqual([place.query(), device.called('getLocation').length], [{}, 1]);
});

test('a permission taken back in WeChat forgets her place; a network that is away does not', async () => {
  const device = signedIn({ consents: ['location'] });
  await driven(device);
  const place = device.require('lib/place');
  device.answers.getLocation = fails('network is away');
  await place.refresh();
  assert.equal(place.query().lat, 31.23);
  device.answers.getLocation = fails('auth deny');
  await place.refresh();
  assert.deepEqual(place.query(), {});
});

test('taking the agreement back forgets her place at once; a city that she chose stays', async () => {
  const device = signedIn({ consents: ['location'] });
  const place = device.require('lib/place');
  const consents = device.require('components/agreement/consents');
  await place.locate();
  await consents.withdraw('marketing');
  assert.equal(place.current().kind, 'here');
  await consents.withdraw('location');
  assert.deepEqual([place.query(), device.storage.get('place')], [{}, { kind: 'none' }]);
  place.choose('苏州');
  await consents.withdraw('location');
  assert.deepEqual(place.query(), { city: '苏州' });
});

test('home finds her anew by itself only while her agreement stands', async () => {
  const device = signedIn({ consents: ['location'] });
  device.server.on('GET /api/visitor/vehicles/', { items: [], total: 0, facets: { series: [] }, place: null }).on('GET /api/visitor/stores/', { items: [] });
  await driven(device);
  const page = device.page('pages/index/index');
  await device.settled();
  assert.equal(device.server.asked('GET /api/visitor/vehicles/').at(-1).query.lat, '31.299');
  mock.timers.setTime(Date.now() + HOURS_MS);
  device.server.on('GET /api/customer/identity/consents', { items: [] });
  page.onShow();
  await device.settled();
  assert.equal(device.server.asked('GET /api/visitor/vehicles/').at(-1).query.lat, undefined);
  assert.equal(device.called('getLocation').length, 2);
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

test('the city of her network is offered when a store is there, and only then', async () => {
  const device = new Device();
  device.server.on('GET /api/visitor/stores/', { items: [], cities: ['成都'] }).on('GET /api/visitor/vehicles/', { facets: null });
  device.server.on('POST /api/visitor/events/', {});
  const offered = async (city) => {
    device.server.on('GET /api/visitor/places/here', { city });
    const page = device.page('pages/city/index');
    await device.settled();
    return page.data.guessed && page.data.guessedText;
  };
  assert.deepEqual([await offered('成都'), await offered('拉萨'), await offered(null)], ['您可能在成都', '', '']);
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
