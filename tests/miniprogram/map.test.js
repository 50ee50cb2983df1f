/** The map loses no car, however its markers are grouped, and shows what it should show. */
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Device } = require('./device');

const map = new Device().require('pages/vehicles/map');

const store = (id, city, latitude, longitude, count) => ({ id, name: `${city}${id}`, city, latitude, longitude, count, min_price_fen: 20000000 });
const STORES = [
  store('a', '上海', 31.23, 121.47, 40), store('b', '上海', 31.19, 121.43, 30), store('c', '苏州', 31.3, 120.58, 10),
  store('d', '成都', 30.57, 104.07, 25), store('e', '哈尔滨', 45.8, 126.53, 5),
];

test('at every scale all cars are counted once, and markers leave each other room', () => {
  for (let scale = 3; scale <= 18; scale += 0.5) {
    const groups = map.groups(STORES, scale);
    assert.equal(groups.reduce((sum, { count }) => sum + count, 0), 110);
    assert.equal(groups.flatMap(({ stores }) => stores).length, STORES.length);
    const places = groups.map((group) => map.pixels(group, scale));
    places.forEach((one, first) =>
      places.slice(first + 1).forEach((other) => assert.ok(Math.abs(one.x - other.x) >= 92 || Math.abs(one.y - other.y) >= 44, `scale ${scale}`)),
    );
  }
});

test('far away a region is one marker, near by every store is its own', () => {
  assert.deepEqual(map.groups(STORES, 5).map(map.words), ['上海等 80 辆', '25 辆 · 20.00 万 起', '5 辆 · 20.00 万 起']);
  assert.equal(map.groups(STORES, 16).length, 5);
  assert.equal(map.words(map.groups(STORES.slice(0, 2), 8)[0]), '上海 70 辆');
});

test('what is to be seen lies within the box, for one store as for the whole country', () => {
  const box = { width: 375, height: 500 };
  for (const seen of [STORES, STORES.slice(0, 2), STORES.slice(0, 1)]) {
    const view = map.fitting(seen, box);
    assert.ok(view.scale >= 3 && view.scale <= 16);
    const centre = map.pixels(view, view.scale);
    for (const one of seen) {
      const { x, y } = map.pixels(one, view.scale);
      assert.ok(Math.abs(x - centre.x) < box.width / 2, `${one.id} x`);
      assert.ok(Math.abs(y - centre.y) < box.height / 2, `${one.id} y`);
    }
  }
});

test('a region bears the name of the city with most cars, not of the store with most', () => {
  const [group] = map.groups([store('a', '无锡', 31.5, 120.3, 30), store('b', '上海', 31.23, 121.47, 20), store('c', '上海', 31.19, 121.43, 20)], 4);
  assert.equal(map.words(group), '上海等 70 辆');
});

test('a marker is found again by its id', () => {
  const groups = map.groups(STORES, 5);
  const markers = map.markers(groups, { ink: '#000000', paper: '#ffffff' });
  assert.deepEqual(markers.map(({ id }) => groups[id].count), groups.map(({ count }) => count));
  assert.ok(markers.every(({ ariaLabel, callout }) => ariaLabel === callout.content));
});
