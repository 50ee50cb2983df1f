/** Her wish for a test drive, and her wish to be called, reach the dealer in her words, with her agreement, and never twice by one tap. */
'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { Device } = require('./device');
const { car } = require('./cars');

mock.timers.enable({ apis: ['setTimeout'] });

const LEADS = 'POST /api/customer/leads/';
const CONSENTS = 'POST /api/customer/identity/consents';
const LEAD = { id: 'lead-1', status: 'assigned', dealer: { id: 'd', name: '北京极曜' }, adviser: { id: 'a', name: '王俊杰' } };

function phone(told = car()) {
  const device = new Device();
  device.wx.setStorageSync('session', { token: 'token', customer: { id: 'me', nickname: null, phone_masked: '138****0001' } });
  device.server.on('GET /api/visitor/vehicles/car-1', told).on(LEADS, LEAD).on(CONSENTS, { items: [] });
  return device;
}

async function opened(device = phone()) {
  const page = device.page('pages/test-drive/index', { vehicle_id: 'car-1' });
  await device.settled();
  return { device, page };
}

const agreed = (page, missing = '', ticked = []) => page.agreed({ detail: { missing, ticked } });

test('the message names her choices, and is never longer than the server takes', () => {
  const device = new Device();
  const { message, longestNote } = device.require('pages/test-drive/wish');
  assert.equal(message({ day: 'weekend', part: 'morning', note: '' }), '申请试驾。日子：周末；时段：上午。');
  const longest = message({ day: 'weekday', part: 'any', note: '想'.repeat(longestNote()) });
  assert.ok(longest.length <= 200 && longest.endsWith('想'));
  assert.equal(longest.split('想').length - 1, longestNote());
  assert.equal(message({ day: 'any', part: 'any', note: '长'.repeat(500) }).length, 200);
});

test('a note of nothing but blanks is no note', () => {
  const { message } = new Device().require('pages/test-drive/wish');
  assert.doesNotMatch(message({ day: 'any', part: 'any', note: ' \n ' }), /备注/);
});

test('without her agreement nothing is sent, and she hears what is missing', async () => {
  const { device, page } = await opened();
  agreed(page, 'dealer_sharing');
  await page.submit();
  assert.deepEqual(device.server.asked(LEADS), []);
  assert.deepEqual(device.called('requestSubscribeMessage'), []);
  assert.equal(page.data.nudge, 'dealer_sharing');
  assert.equal(device.called('showToast').length, 1);
});

test('the wish is sent with the consents she ticked, and the page promises a call, not a time', async () => {
  const { device, page } = await opened();
  agreed(page, '', ['phone', 'dealer_sharing']);
  device.tap(page, 'choose', { of: 'day', key: 'weekend' });
  await page.submit();
  assert.deepEqual(device.server.asked(CONSENTS).map((one) => one.body.purpose), ['phone', 'dealer_sharing']);
  assert.deepEqual(device.server.asked(LEADS)[0].body, { vehicle_id: 'car-1', message: '申请试驾。日子：周末；时段：都可以。' });
  assert.match(page.data.done.text, /王俊杰会致电 138\*\*\*\*0001/);
  assert.equal(page.data.done.wish, '周末');
});

test("WeChat's question about messages is asked in the tap itself, before anything is waited for", async () => {
  const device = phone();
  const templates = [{ moment: 'appointment', template_id: 'tpl', title: 'x' }];
  device.server.on('GET /api/visitor/messages/subscriptions', { items: templates }).on('POST /api/customer/messages/subscriptions', {});
  await device.require('lib/subscribe').load();
  const { page } = await opened(device);
  agreed(page);
  const sent = page.submit();
  assert.deepEqual(device.called('requestSubscribeMessage').map((one) => one.tmplIds), [['tpl']]);
  await sent;
  assert.equal(device.server.asked(LEADS).length, 1);
  await page.submit();
  assert.equal(device.called('requestSubscribeMessage').length, 1, 'one question is enough, however often she sends');
});

test('two taps are one wish, and a failure leaves her words where they are', async () => {
  const { device, page } = await opened();
  agreed(page);
  page.setData({ note: '带家人' });
  await Promise.all([page.submit(), page.submit()]);
  assert.equal(device.server.asked(LEADS).length, 1);
  const again = await opened();
  agreed(again.page);
  again.page.setData({ note: '带家人' });
  again.device.server.on(LEADS, { status: 500, body: {} });
  await again.page.submit();
  assert.deepEqual([again.page.data.done, again.page.data.note, again.page.data.sending], [null, '带家人', false]);
});

test('a store without test drives, and a car that is sold, say so instead of taking a wish', async () => {
  const elsewhere = car();
  elsewhere.store.capabilities = ['sales'];
  assert.equal((await opened(phone(elsewhere))).page.data.state, 'refused');
  const sold = { status: 410, body: { error: 'vehicles.gone', message: 'x', details: {} } };
  assert.equal((await opened(phone(sold))).page.data.state, 'refused');
});

test('her question from the drawer goes out once, without an empty message, and says who will call', async () => {
  const device = phone();
  const drawer = device.component('components/contact/index', { open: true, vehicleId: 'car-1', storeName: '极曜北京中心' });
  drawer.agreed({ detail: { missing: '', ticked: [] } });
  drawer.setData({ message: '   ' });
  await Promise.all([drawer.submit(), drawer.submit()]);
  assert.deepEqual(device.server.asked(LEADS).map((one) => one.body), [{ vehicle_id: 'car-1' }]);
  assert.match(drawer.data.done, /北京极曜的顾问王俊杰/);
});

test('suggestions are added to her words, each once, within what the server takes', () => {
  const device = phone();
  const drawer = device.component('components/contact/index', { open: true, vehicleId: 'car-1', storeName: 'x' });
  device.tap(drawer, 'suggest', { text: '能置换吗？' });
  device.tap(drawer, 'suggest', { text: '能置换吗？' });
  assert.equal(drawer.data.message, '能置换吗？');
  drawer.setData({ message: '长'.repeat(198) });
  device.tap(drawer, 'suggest', { text: '能到店看车吗？' });
  assert.equal(drawer.data.message.length, 200);
});
