/** A page opens once for a tap, however often the finger hits, and there is always room for another. */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { afterEach, beforeEach, mock, test } = require('node:test');
const { Device, ROOT, fails } = require('./device');

const CAR = '/pages/vehicles/detail?id=car-1';
const STORE = '/pages/stores/detail?id=store-1';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'] }));
afterEach(() => mock.timers.reset());

const opened = (device, how = 'navigateTo') => device.called(how).map((one) => one.url);

test('a second tap opens nothing, not while the page is being fetched and not while it slides in', async () => {
  const device = new Device();
  const { open } = device.require('lib/navigate');
  let fetched;
  device.answers.navigateTo = () => new Promise((resolve) => (fetched = resolve));
  open(CAR);
  await device.settled();
  mock.timers.tick(9000);
  open(CAR);
  fetched({});
  await device.settled();
  open(CAR);
  mock.timers.tick(499);
  open(CAR);
  assert.deepEqual(opened(device), [CAR]);
});

test('another page opens at once, and the same one again later', async () => {
  const device = new Device();
  const { open } = device.require('lib/navigate');
  open(CAR);
  await device.settled();
  open(STORE);
  await device.settled();
  mock.timers.tick(500);
  open(STORE);
  assert.deepEqual(opened(device), [CAR, STORE, STORE]);
});

test('upon ten pages WeChat takes no eleventh: the one in sight gives way', () => {
  const device = new Device();
  const { open } = device.require('lib/navigate');
  while (device.pages.length < 9) device.pages.push({});
  open(CAR);
  device.pages.push({});
  open(STORE);
  assert.deepEqual([opened(device), opened(device, 'redirectTo')], [[CAR], [STORE]]);
});

test('a page that cannot be fetched says so, and may be tried again', async (t) => {
  const device = new Device();
  t.mock.method(console, 'error', () => {});
  const { open } = device.require('lib/navigate');
  device.answers.navigateTo = fails('load subpackage');
  open(CAR);
  await device.settled();
  assert.deepEqual(device.called('showToast').map((one) => one.title), ['出了点问题，请稍后再试']);
  mock.timers.tick(500);
  open(CAR);
  assert.equal(opened(device).length, 2);
});

test('no page goes its own way', () => {
  const sources = fs.readdirSync(ROOT, { recursive: true }).filter((name) => name.endsWith('.js'));
  const bare = sources.filter((name) => /wx\.navigateTo/.test(fs.readFileSync(path.join(ROOT, name), 'utf8')));
  assert.deepEqual(bare, [path.join('lib', 'navigate.js')]);
});
