/** The test phone itself keeps WeChat's manners where a page's logic could tell the difference. */
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { fakeWx, fails } = require('./fake-wx');
const { Device } = require('./device');

test('an API answers by promise, or by callbacks after its caller has gone on', async () => {
  const { wx, called } = fakeWx();
  const order = [];
  wx.showToast({ title: 'x', success: (result) => order.push(result.errMsg), complete: () => order.push('complete') });
  order.push('caller');
  assert.equal((await wx.showToast({ title: 'y' })).errMsg, 'showToast:ok');
  assert.deepEqual(order, ['caller', 'showToast:ok', 'complete']);
  assert.deepEqual(called('showToast').map((one) => one.title), ['x', 'y']);
});

test('a call fails as the test says, with its errMsg', async () => {
  const { wx, answers } = fakeWx();
  answers.getLocation = fails('auth deny', { errCode: 1 });
  await assert.rejects(wx.getLocation({ type: 'gcj02' }), { errMsg: 'getLocation:fail auth deny', errCode: 1 });
});

test('storage keeps copies, and is empty on a new phone', () => {
  const { wx } = fakeWx();
  const list = [1];
  wx.setStorageSync('list', list);
  list.push(2);
  assert.deepEqual(wx.getStorageSync('list'), [1]);
  assert.equal(new Device().wx.getStorageSync('list'), '');
});

test('the test server refuses what no test has told it, and records what it was asked', async () => {
  const device = new Device();
  device.server.on('GET /api/visitor/vehicles/', ({ query }) => ({ items: [], asked: query.city }));
  const answer = await wx.request({ url: 'https://api.marque.example/api/visitor/vehicles/', data: { city: 'x' } });
  assert.deepEqual([answer.statusCode, answer.data.asked], [200, 'x']);
  await assert.rejects(wx.request({ url: 'https://api.marque.example/api/none' }), { errMsg: "request:fail the test's server knows no GET /api/none" });
  assert.equal(device.server.asked('GET /api/visitor/vehicles/').length, 1);
  device.server.offline = true;
  await assert.rejects(wx.request({ url: 'https://api.marque.example/api/visitor/vehicles/' }), { errMsg: 'request:fail ' });
});
