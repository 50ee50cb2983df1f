/** She is signed in silently, once, and whoever asks for her data meanwhile waits for the same sign-in. */
'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, mock, test } = require('node:test');
const { Device, fails } = require('./device');

// Events are sent by a timer, for which no test here waits.
beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const LOGIN = 'POST /api/visitor/identity/login';
const CUSTOMER = { id: 'c1', nickname: null, phone_masked: null, is_new: true };

function phone() {
  const device = new Device();
  let count = 0;
  device.server.on(LOGIN, () => ({ token: `token-${(count += 1)}`, expires_at: '2027-01-01T00:00:00Z', customer: CUSTOMER }));
  device.server.on('GET /api/customer/orders/', ({ headers }) => ({ asked: headers.Authorization }));
  device.server.on('POST /api/visitor/events/', { accepted: 1, duplicate: 0, rejected: [] });
  return device;
}

test('three questions at once are one sign-in', async () => {
  const device = phone();
  const api = device.require('lib/api');
  const answers = await Promise.all([1, 2, 3].map(() => api.get('/customer/orders/')));
  assert.deepEqual(answers.map(({ asked }) => asked), Array(3).fill('Bearer token-1'));
  assert.equal(device.server.asked(LOGIN).length, 1);
});

test('the sign-in tells which visitor she was, by which share and scene she came', async () => {
  const device = phone();
  const session = device.require('lib/session');
  device.require('lib/launch').note({ scene: 1047, query: { scene: encodeURIComponent('Abc_123') } });
  const visitor = session.visitorId();
  await session.ensure();
  const [{ body, headers }] = device.server.asked(LOGIN);
  assert.deepEqual([body.visitor_id, body.share_id, body.scene], [visitor, 'Abc_123', '1047']);
  assert.equal(headers['X-Appid'], 'wx0000000000000000');
  assert.equal(session.visitorId(), visitor);
});

test('a session that ended is renewed once, and the question asked again', async () => {
  const device = phone();
  const api = device.require('lib/api');
  await device.require('lib/session').ensure();
  device.server.on('GET /api/customer/orders/', ({ headers }) =>
    headers.Authorization === 'Bearer token-1' ? { status: 401, body: { error: 'auth.required', message: '请登录' } } : { asked: headers.Authorization },
  );
  assert.deepEqual(await api.get('/customer/orders/'), { asked: 'Bearer token-2' });
  device.server.on('GET /api/customer/orders/', { status: 401, body: { error: 'auth.required', message: '请登录', request_id: 'r1' } });
  await assert.rejects(api.get('/customer/orders/'), { code: 'auth.required', status: 401, request_id: 'r1' });
  assert.equal(device.server.asked(LOGIN).length, 3, 'renewed once for each question, not for ever');
});

test('the session survives the app, and is gone when she is forgotten', async () => {
  const device = phone();
  const session = device.require('lib/session');
  const told = [];
  session.onChange((customer) => told.push(customer && customer.id));
  await session.ensure();
  const kept = new Map(device.storage);
  const [events, place, visitor] = [device.require('lib/events'), device.require('lib/place'), session.visitorId()];
  place.choose('上海');
  events.track('app.launched');
  session.forget();
  assert.deepEqual([told, session.customer(), place.query()], [['c1', null], null, {}]);
  assert.notEqual(session.visitorId(), visitor);
  await events.flush();
  assert.equal(device.server.asked('POST /api/visitor/events/').length, 0, 'what she did before is not told of the stranger after');
  const again = new Device();
  for (const [key, value] of kept) again.storage.set(key, value);
  assert.equal(again.require('lib/session').customer().id, 'c1');
});

test('in single-page mode nobody is signed in, and the refusal says where to go', async () => {
  const device = phone();
  device.require('lib/launch').note({ scene: 1154, query: {} });
  await assert.rejects(device.require('lib/session').ensure(), { code: 'single_page' });
  assert.deepEqual([device.called('login').length, device.server.requests.length], [0, 0]);
});

test('when WeChat gives no code she is told so, and the next try is a new one', async () => {
  const device = phone();
  const session = device.require('lib/session');
  device.answers.login = fails('timeout');
  await assert.rejects(session.ensure(), { code: 'login', message: /微信登录/ });
  device.answers.login = () => ({ code: 'good' });
  assert.equal((await session.ensure()).id, 'c1');
});

test('a code that somebody made by hand, with a malformed scene, opens without a share', () => {
  const device = new Device();
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'c' } });
  device.server.on('GET /api/visitor/messages/subscriptions', { items: [] });
  device.launch({ path: 'pages/vehicles/detail', query: { scene: '%E4%' }, scene: 1047 });
  const launch = device.require('lib/launch');
  assert.equal(launch.shareId(), '');
  launch.note({ query: { scene: 'abc%2Ddef' } });
  assert.equal(launch.shareId(), 'abc-def');
});

test('the share that she came by is told when she signs in first, and not again when her session is renewed', async () => {
  const device = phone();
  device.require('lib/launch').note({ scene: 1007, query: { share_id: 'S1' } });
  const { ensure } = device.require('lib/session');
  await ensure();
  let ended = true;
  device.server.on('GET /api/customer/orders/', () => (ended ? ((ended = false), { status: 401, body: { error: 'session.ended', message: '' } }) : { items: [] }));
  await device.require('lib/api').get('/customer/orders/');
  assert.deepEqual(device.server.asked(LOGIN).map(({ body }) => body.share_id), ['S1', undefined]);
});
