/** The search field helps while she types, remembers her words on this phone only, and stands in nobody's way without a server. */
'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { Device } = require('./device');

mock.timers.enable({ apis: ['setTimeout'] });

const DOOR = 'GET /api/visitor/vehicles/suggestions';
const item = (text, filters, more = {}) => ({ kind: 'series', text, label: text, filters, count: 1200, ...more });

function field(items = [item('极曜 J5', { series: ['j5'] })]) {
  const device = new Device();
  device.server.on(DOOR, { items });
  return { device, box: device.component('components/search-box/index', { value: '' }) };
}

async function typed({ device, box }, q) {
  box.setData({ q });
  box.typed();
  mock.timers.tick(180);
  await device.settled();
}

test('quick letters are asked for once, and what she typed is set apart in what is suggested', async () => {
  const search = field();
  search.box.focus();
  for (const q of ['J', 'j5']) {
    search.box.setData({ q });
    search.box.typed();
  }
  await typed(search, 'j5');
  assert.deepEqual(search.device.server.asked(DOOR).map(({ query }) => query.q), [undefined, 'j5']);
  assert.deepEqual(search.box.data.rows[0].parts, ['极曜 ', 'J5', '']);
  assert.equal(search.box.data.rows[0].count, '1,200 辆');
});

test('an answer to fewer letters does not take the place of a newer one', async () => {
  const search = field();
  const waiting = [];
  search.device.server.on(DOOR, () => new Promise((resolve) => waiting.push(resolve)));
  search.box.focus();
  await typed(search, 'j');
  await typed(search, 'j7');
  waiting[2]({ items: [item('极曜 J7', { series: ['j7'] })] });
  waiting[1]({ items: [item('极曜 J5', { series: ['j5'] })] });
  await search.device.settled();
  assert.deepEqual(search.box.data.rows.map(({ text }) => text), ['极曜 J7']);
});

test('a choice and a word are told to the page and kept, the last first and each once, until she clears them', async () => {
  const search = field([item('极曜 J5', { series: ['j5'] }, { kind: 'correction' })]);
  const { device, box } = search;
  box.focus();
  await typed(search, 'jiyao j6');
  assert.equal(box.data.rows[0].hint, '您是不是要找');
  device.tap(box, 'choose', { index: 0 });
  box.setData({ q: ' 白色 ' });
  box.search();
  device.tap(box, 'again', { word: '极曜 J5' });
  const told = box.events.filter(({ name }) => name !== 'open');
  assert.deepEqual(told.map(({ name, detail }) => [name, detail.filters ?? detail.q]), [['choose', { series: ['j5'] }], ['search', '白色'], ['search', '极曜 J5']]);
  box.focus();
  assert.deepEqual(box.data.words, ['极曜 J5', '白色']);
  box.forget();
  assert.deepEqual([box.data.words, device.require('lib/searched').all()], [[], []]);
});

test('without a server she types on and searches', async () => {
  const search = field();
  search.device.server.on(DOOR, { status: 422, body: {} });
  search.box.focus();
  await typed(search, 'x');
  assert.deepEqual(search.box.data.rows, []);
  search.box.search();
  assert.deepEqual(search.box.events.at(-1), { name: 'search', detail: { q: 'x' } });
});
