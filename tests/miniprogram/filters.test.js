/** What she asks for survives choosing, taking back, being put into words and being sent. */
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Device } = require('./device');

const filters = new Device().require('pages/vehicles/filters');
const LABELS = { series: { j5: '极曜 J5' }, exterior_color: { red: '赤霞红' } };
const HERE = { lat: 31.2, lng: 121.5, crs: 'gcj02' };

test('a value is chosen and taken back, and nothing is left of it', () => {
  const chosen = filters.toggle(filters.toggle({ q: 'x' }, 'series', 'j5'), 'series', 'j7');
  assert.deepEqual(chosen, { q: 'x', series: ['j5', 'j7'] });
  assert.deepEqual(filters.toggle(filters.toggle(chosen, 'series', 'j5'), 'series', 'j7'), { q: 'x' });
});

test('a year from a share is a number, and is taken back by the text of its chip', () => {
  assert.deepEqual(filters.toggle({ model_year: [2024, 2023] }, 'model_year', '2024'), { model_year: ['2023'] });
});

test('one bound takes the place of another of its kind, and leaves the others alone', () => {
  const [cheap, middle, , , dear] = filters.PRESETS.price;
  const chosen = filters.toggleBound({ mileage_max_km: 30000 }, cheap);
  assert.deepEqual(chosen, { mileage_max_km: 30000, price_max_fen: 20000000 });
  const other = filters.toggleBound(chosen, middle);
  assert.deepEqual(other, { mileage_max_km: 30000, price_min_fen: 20000000, price_max_fen: 30000000 });
  assert.deepEqual(filters.toggleBound(other, dear), { mileage_max_km: 30000, price_min_fen: 60000000 });
  assert.deepEqual(filters.toggleBound(other, middle), { mileage_max_km: 30000 });
});

test('a typed price is taken in any state, and never with its ends the wrong way round', () => {
  assert.deepEqual(filters.priced({}, '30', '20.5'), { price_min_fen: 20500000, price_max_fen: 30000000 });
  assert.deepEqual(filters.priced({ price_min_fen: 1 }, '', '25'), { price_max_fen: 25000000 });
  for (const nonsense of ['', '.', '-3', 'abc', '0', '1e9']) assert.deepEqual(filters.priced({ price_min_fen: 1 }, nonsense, nonsense), {}, nonsense);
});

test('every condition is one chip, in words, and taking each away leaves nothing', () => {
  const asked = {
    q: '四驱', series: ['j5'], exterior_color: ['red', 'pearl'], model_year: [2024], price_min_fen: 20000000, price_max_fen: 30000000,
    mileage_max_km: 30000, previous_owners_max: 1, accident_free: true, radius_km: 50, model_year_min: 2022, store_id: 's1',
  };
  const chips = filters.chips(asked, { ...LABELS, store: { text: '极曜上海徐汇中心' } });
  assert.deepEqual(
    chips.map(({ text }) => text),
    ['四驱', '极曜 J5', '赤霞红', 'pearl', '2024 款', '20–30 万', '3 万公里内', '不超过 1 任车主', '无事故记录', '50 公里内', '2022 款及以后', '极曜上海徐汇中心'],
  );
  assert.equal(new Set(chips.map(({ key }) => key)).size, chips.length);
  assert.deepEqual(chips.reduce((left, { key }) => filters.without(left, key), asked), {});
});

test('prices are said as the trade says them', () => {
  const said = (bound) => filters.boundText('price', bound);
  assert.equal(said({ price_max_fen: 20000000 }), '20 万以内');
  assert.equal(said({ price_min_fen: 60000000 }), '60 万以上');
  assert.equal(said({ price_min_fen: 12345600, price_max_fen: 23450000 }), '12.3456–23.45 万');
});

test('her city is one more condition, unless she chose cities herself', () => {
  assert.deepEqual(filters.query({ series: ['j5'] }, { city: '上海' }), { series: ['j5'], city: ['上海'] });
  assert.deepEqual(filters.query({ city: ['苏州'] }, { city: '上海' }), { city: ['苏州'] });
});

test('a radius is asked for only from her own place: the server refuses it without one', () => {
  assert.deepEqual(filters.query({ radius_km: 50 }, HERE), { ...HERE, radius_km: 50 });
  assert.deepEqual(filters.query({ radius_km: 50 }, { city: '上海' }), { city: ['上海'] });
  assert.deepEqual(filters.query({ radius_km: 50 }, {}), {});
});

test('a share says nothing of where she stands', () => {
  assert.deepEqual(filters.shareable({ radius_km: 50, series: ['j5'] }, HERE), { series: ['j5'] });
  assert.deepEqual(filters.shareable({ series: ['j5'] }, { city: '上海' }), { series: ['j5'], city: ['上海'] });
});
