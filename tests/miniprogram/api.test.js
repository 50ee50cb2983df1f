/** The API is patient where asking again is harmless, and never where it is not. */
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Device, fails } = require('./device');

const CARS = 'GET /api/visitor/vehicles/';

function phone(t) {
  const device = new Device();
  device.server.on('POST /api/visitor/events/', { accepted: 1, duplicate: 0, rejected: [] });
  device.pauses = [];
  t.mock.method(globalThis, 'setTimeout', (then, ms) => {
    if (ms < 5000) {
      device.pauses.push(ms);
      setImmediate(then);
    }
    return 0;
  });
  return device;
}

test('a GET is tried three times in all, with growing pauses', async (t) => {
  const device = phone(t);
  const away = { status: 503, body: '<html>' };
  const answers = [away, { status: 502, body: '' }, { total: 3 }];
  device.server.on(CARS, () => answers.shift());
  assert.deepEqual(await device.require('lib/api').get('/visitor/vehicles/'), { total: 3 });
  assert.deepEqual(device.pauses, [400, 1200]);
  device.server.on(CARS, away);
  await assert.rejects(device.require('lib/api').get('/visitor/vehicles/'), { status: 503, message: '服务暂时不可用，请稍后再试' });
  assert.equal(device.server.asked(CARS).length, 6);
});

test('a refusal is the answer: it is not asked again, and its words are shown', async (t) => {
  const device = phone(t);
  const body = { error: 'vehicles.gone', message: '这辆车已售出', details: { similar: [1] }, request_id: 'r7' };
  device.server.on('GET /api/visitor/vehicles/x', { status: 410, body });
  await assert.rejects(device.require('lib/api').get('/visitor/vehicles/x'), (error) => {
    assert.equal(error.name, 'ApiError');
    assert.deepEqual([error.code, error.status, error.message, error.details, error.request_id], ['vehicles.gone', 410, '这辆车已售出', { similar: [1] }, 'r7']);
    return true;
  });
  assert.equal(device.server.requests.length, 1);
});

test('what changes something of hers is tried as often, and every time with the same key; the next intention has another', async (t) => {
  const device = phone(t);
  device.storage.set('session', { token: 't', customer: { id: 'c' } });
  const ASK = 'POST /api/customer/leads/';
  const busy = { status: 409, body: { error: 'idempotency.in_progress', message: '正在处理，请稍候' } };
  const answers = [{ status: 503, body: '' }, busy, { id: 'lead' }, { id: 'next' }];
  device.server.on(ASK, () => answers.shift());
  const api = device.require('lib/api');
  assert.deepEqual(await api.post('/customer/leads/', {}), { id: 'lead' });
  await api.post('/customer/leads/', {});
  const keys = device.server.asked(ASK).map((request) => request.headers['Idempotency-Key']);
  assert.match(keys[0], /^[0-9A-Za-z_-]{8,64}$/);
  assert.deepEqual([keys[1], keys[2]], [keys[0], keys[0]]);
  assert.notEqual(keys[3], keys[0]);
  assert.deepEqual(device.pauses, [400, 1200]);
});

test('a session that ended meanwhile is renewed, and the same key goes on', async (t) => {
  const device = phone(t);
  device.storage.set('session', { token: 'old', customer: { id: 'c' } });
  device.server.on('POST /api/visitor/identity/login', { token: 'new', customer: { id: 'c' } });
  const answers = [{ status: 401, body: { error: 'auth.required' } }, { id: 'c', nickname: '林' }];
  device.server.on('PUT /api/customer/identity/me', () => answers.shift());
  await device.require('lib/session').rename('林');
  const [first, second] = device.server.asked('PUT /api/customer/identity/me').map((request) => request.headers['Idempotency-Key']);
  assert.match(first, /^[0-9A-Za-z_-]{8,64}$/);
  assert.equal(second, first);
});

test('what a visitor does, and what is deleted, is sent once, however the line breaks', async (t) => {
  const device = phone(t);
  device.storage.set('session', { token: 't', customer: { id: 'c' } });
  device.server.offline = true;
  const api = device.require('lib/api');
  await assert.rejects(api.post('/visitor/x', {}), { code: 'network', status: 0 });
  await assert.rejects(api.del('/customer/x'), { code: 'network' });
  assert.deepEqual(device.server.requests.map((request) => 'Idempotency-Key' in request.headers), [false, true]);
});

test('a time-out is not waited for three times', async (t) => {
  const device = phone(t);
  device.answers.request = fails('timeout');
  await assert.rejects(device.require('lib/api').get('/visitor/vehicles/'), { code: 'network', message: '网络超时，请稍后重试' });
  assert.equal(device.called('request').length, 1);
});

test('a query carries what is asked for, and nothing that is not', async (t) => {
  const device = phone(t);
  device.server.on(CARS, {});
  const query = { series: ['j5', 'j7'], city: ['上海'], q: '', radius_km: undefined, price_min_fen: null, options: [], accident_free: false, limit: 0 };
  await device.require('lib/api').get('/visitor/vehicles/', query);
  assert.deepEqual(device.server.requests[0].query, { series: 'j5,j7', city: '上海', accident_free: 'false', limit: '0' });
});

test('a picture named by its path gets an address; a whole address stays; a drawing of ours has a raster twin', (t) => {
  const { absolute, raster } = phone(t).require('lib/api');
  assert.equal(raster('/media/vehicles/suv/red/side.svg'), 'https://api.marque.example/media/vehicles/suv/red/side.png');
  assert.deepEqual(['/media/vehicles/real.jpg', 'https://cdn.example/a.svg', null].map(raster), ['https://api.marque.example/media/vehicles/real.jpg', 'https://cdn.example/a.svg', '']);
  assert.deepEqual(['/media/a.svg', 'https://x/y.png', null, ''].map(absolute), ['https://api.marque.example/media/a.svg', 'https://x/y.png', '', '']);
});
