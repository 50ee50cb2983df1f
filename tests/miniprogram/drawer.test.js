/** The drawer of filters: nothing is hidden, nothing that leads nowhere can be chosen, nothing moves under her finger. */
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Device } = require('./device');

const FACETS = {
  series: [{ value: 'j5', label: '极曜 J5', count: 20 }, { value: 'j7', label: '极曜 J7', count: 5 }],
  energy: [{ value: 'electric', label: '纯电', count: 25 }, { value: 'petrol', label: '汽油', count: 0 }],
  city: Array.from({ length: 20 }, (_, place) => ({ value: `c${place}`, label: `城市${place}`, count: 20 - place })),
};
const shown = { unfolded: [], hasPlace: true };

function section(view, name, draft = {}, how = shown) {
  return view.sections(draft, FACETS, how).find((one) => one.name === name);
}

test('a value without cars is shown, and is off until it is the chosen one', () => {
  const view = new Device().require('pages/vehicles/filter-drawer/sections');
  const [electric, petrol] = section(view, 'energy').choices;
  assert.deepEqual([electric.isOff, petrol.isOff, petrol.count], [false, true, '0']);
  const chosen = section(view, 'energy', { energy: ['petrol'] }).choices[1];
  assert.deepEqual([chosen.isOn, chosen.isOff], [true, false]);
});

test('a long list is folded, but what is chosen stays in sight', () => {
  const view = new Device().require('pages/vehicles/filter-drawer/sections');
  const folded = section(view, 'city', { city: ['c15'] });
  assert.deepEqual(folded.choices.map(({ value }) => value), ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c15']);
  assert.match(folded.more, /20/);
  assert.equal(section(view, 'city', {}, { ...shown, unfolded: ['city'] }).choices.length, 20);
});

test('without her place there is no radius to choose, but a word why', () => {
  const view = new Device().require('pages/vehicles/filter-drawer/sections');
  assert.ok(section(view, 'radius').choices.length);
  const off = section(view, 'radius', {}, { ...shown, hasPlace: false });
  assert.equal(off.choices.length, 0);
  assert.ok(off.off);
});

test('new counts change no order, and a value that is gone counts 0', () => {
  const view = new Device().require('pages/vehicles/filter-drawer/sections');
  const now = { series: [{ value: 'j9', label: '极曜 J9', count: 9 }, { value: 'j7', label: '极曜 J7', count: 4 }] };
  const ordered = view.inOrder(FACETS, now);
  assert.deepEqual(ordered.series.map(({ value, count }) => [value, count]), [['j5', 0], ['j7', 4], ['j9', 9]]);
});

test('models keep their places while other things are chosen, but another series brings its own to the top', () => {
  const view = new Device().require('pages/vehicles/filter-drawer/sections');
  const counted = { model: [{ value: 'J3 EV', label: 'J3 EV', count: 4 }], energy: [{ value: 'petrol', label: '汽油', count: 4 }] };
  assert.deepEqual(Object.keys(view.settled(counted, { series: ['j3'] }, { series: ['j3'], energy: ['petrol'] })), ['model', 'energy']);
  assert.deepEqual(Object.keys(view.settled(counted, { series: ['j3'] }, { series: ['j5'] })), ['energy']);
});

test('while she chooses, only the last draft is counted, and an answer to an older one is passed over', async (t) => {
  const device = new Device();
  const waiting = [];
  device.server.on('GET /api/visitor/vehicles/', (request) => new Promise((resolve) => waiting.push({ request, resolve })));
  const drawer = device.component('pages/vehicles/filter-drawer/index', { filters: {}, from: { city: '上海' }, facets: FACETS, ranges: {}, total: 25 });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  drawer.setData({ open: true });
  assert.deepEqual(drawer.data.draft, { city: ['上海'] });
  const press = (name, value) => device.tap(drawer, 'choose', { name, value, bound: false, off: false });
  const settle = async () => {
    t.mock.timers.tick(200);
    await device.settled();
  };
  press('series', 'j5');
  press('series', 'j7');
  await settle();
  assert.equal(waiting.length, 1, 'two quick taps are one question');
  assert.deepEqual([waiting[0].request.query.series, waiting[0].request.query.city], ['j5,j7', '上海']);
  press('energy', 'electric');
  await settle();
  waiting[1].resolve({ facets: FACETS, ranges: {}, total: 7, items: [] });
  await device.settled();
  waiting[0].resolve({ facets: FACETS, ranges: {}, total: 99, items: [] });
  await device.settled();
  assert.match(drawer.data.button, / 7 /);
  device.tap(drawer, 'apply');
  assert.deepEqual(drawer.events.at(-1), { name: 'apply', detail: { filters: { city: ['上海'], series: ['j5', 'j7'], energy: ['electric'] } } });
});
