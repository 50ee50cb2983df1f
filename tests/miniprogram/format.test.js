/** Numbers, money and times are read the same on every phone. */
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Device } = require('./device');

const format = new Device().require('lib/format');

test('money is exact to the fen and grouped by thousands', () => {
  const said = [0, 5, 100, 99900, 28800000, 123456789012, -50000].map(format.yuan);
  assert.deepEqual(said, ['¥0', '¥0.05', '¥1', '¥999', '¥288,000', '¥1,234,567,890.12', '-¥500']);
  assert.equal(format.wan(28800000), '28.80 万');
});

test('what is not known is nothing, not zero', () => {
  for (const unknown of [null, undefined]) {
    assert.deepEqual([format.yuan(unknown), format.wan(unknown), format.kilometres(unknown), format.distance(unknown)], ['', '', '', '']);
    assert.deepEqual([format.date(unknown), format.dateTime(unknown)], ['', '']);
  }
});

test('distances have as many digits as they deserve', () => {
  assert.deepEqual([0, 4, 994, 995, 1310, 99900, 99960, 1234567].map(format.distance), ['0 m', '0 m', '990 m', '1.0 km', '1.3 km', '99.9 km', '100 km', '1,235 km']);
  assert.deepEqual([0, 980, 9999, 10000, 107500].map(format.kilometres), ['0 公里', '980 公里', '9,999 公里', '1.0 万公里', '10.8 万公里']);
});

test('times are those of Shanghai, wherever the phone is', () => {
  assert.equal(format.date('2026-11-21T16:30:00+00:00'), '2026-11-22');
  assert.equal(format.dateTime('2026-11-22T01:05:59Z'), '2026-11-22 09:05');
  assert.equal(format.dateTime('2026-01-01T00:00:00+08:00'), '2026-01-01 00:00');
});

test('a countdown never goes below nothing', () => {
  assert.deepEqual([-5, 0, 59.9, 899, 3599, 3600, 256800].map(format.countdown), ['00:00', '00:00', '00:59', '14:59', '59:59', '1 小时 0 分', '71 小时 20 分']);
});
