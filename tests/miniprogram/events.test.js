/** What she did is told in batches, none lost on the way and none told twice. */
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Device } = require('./device');

const EVENTS = 'POST /api/visitor/events/';
const ACCEPTED = { accepted: 1, duplicate: 0, rejected: [] };

function phone(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const device = new Device();
  device.server.on(EVENTS, ACCEPTED);
  return device;
}

const batches = (device) => device.server.asked(EVENTS).map(({ body }) => body.events.map(({ name }) => name));

test('events wait for ten seconds, then go together', async (t) => {
  const device = phone(t);
  const events = device.require('lib/events');
  events.track('page.viewed', { vehicle_id: 'v1', depth: 2 });
  events.track('share.tapped');
  t.mock.timers.tick(9999);
  await device.settled();
  assert.deepEqual(batches(device), []);
  t.mock.timers.tick(1);
  await device.settled();
  assert.deepEqual(batches(device), [['page.viewed', 'share.tapped']]);
  const { visitor_id, session_id, events: [event] } = device.server.asked(EVENTS)[0].body;
  assert.ok(visitor_id && session_id && event.id);
  assert.deepEqual([event.vehicle_id, event.data, Number.isNaN(Date.parse(event.at))], ['v1', { depth: 2 }, false]);
});

test('twenty events do not wait', async (t) => {
  const device = phone(t);
  const events = device.require('lib/events');
  for (let n = 0; n < 20; n += 1) events.track('page.viewed');
  await device.settled();
  assert.deepEqual(batches(device).map((names) => names.length), [20]);
});

test('offline nothing is lost but the oldest beyond two hundred, also when the app is closed', async (t) => {
  const device = phone(t);
  device.server.offline = true;
  const events = device.require('lib/events');
  for (let n = 0; n < 230; n += 1) events.track('page.viewed', { n });
  await device.settled();
  const again = new Device();
  again.server.on(EVENTS, ACCEPTED);
  for (const [key, value] of device.storage) again.storage.set(key, value);
  await again.require('lib/events').flush();
  const told = again.server.asked(EVENTS).flatMap(({ body }) => body.events);
  assert.deepEqual(told.map(({ data }) => data.n), Array.from({ length: 200 }, (_, n) => n + 30));
  assert.ok(again.server.asked(EVENTS).every(({ body }) => body.events.length <= 50));
  assert.equal(new Set(told.map(({ id }) => id)).size, 200);
});

test('an event that happens while a batch is under way is neither lost nor sent with it', async (t) => {
  const device = phone(t);
  const events = device.require('lib/events');
  let answer;
  device.server.on(EVENTS, () => new Promise((resolve) => (answer = () => resolve(ACCEPTED))));
  events.track('app.launched');
  const flushed = events.flush();
  await device.settled();
  events.track('app.hidden');
  answer();
  device.server.on(EVENTS, ACCEPTED);
  await flushed;
  assert.deepEqual(batches(device), [['app.launched'], ['app.hidden']]);
});

test('a batch that the server will never take is given up; one it cannot take now is kept', async (t) => {
  const device = phone(t);
  const events = device.require('lib/events');
  device.server.on(EVENTS, { status: 503, body: '' });
  events.track('app.launched');
  await events.flush();
  assert.equal(device.storage.get('events').length, 1);
  device.server.on(EVENTS, { status: 422, body: { error: 'validation', message: '' } });
  await events.flush();
  await device.settled();
  assert.equal(device.storage.get('events').length, 0);
});

/** A server that refuses every batch with an event or a size it does not like, and keeps the others. */
function picky(device, status, dislikes) {
  const taken = [];
  device.server.on(EVENTS, ({ body }) => {
    if (dislikes(body.events)) return { status, body: { error: 'refused', message: '' } };
    taken.push(...body.events.map(({ data }) => data.n));
    return ACCEPTED;
  });
  return taken;
}

/** Sixty events that wait, because the network was away. */
async function sixty(device) {
  device.server.offline = true;
  const events = device.require('lib/events');
  for (let n = 0; n < 60; n += 1) events.track('page.viewed', { n });
  await device.settled();
  device.server.offline = false;
  return events;
}

test('a batch that is too large goes by halves, and nothing of it is given up', async (t) => {
  const device = phone(t);
  const events = await sixty(device);
  const taken = picky(device, 413, (batch) => batch.length > 15);
  await events.flush();
  assert.deepEqual(taken, Array.from({ length: 60 }, (_, n) => n));
});

test('one malformed event is given up alone', async (t) => {
  const device = phone(t);
  const events = await sixty(device);
  const taken = picky(device, 422, (batch) => batch.some(({ data }) => data.n === 30));
  await events.flush();
  assert.deepEqual(taken, Array.from({ length: 60 }, (_, n) => n).filter((n) => n !== 30));
  assert.ok(device.server.asked(EVENTS).length < 25);
  assert.equal(device.storage.get('events').length, 0);
});

test('no network is no failure to tell of, and what failed never drives out what she did', async (t) => {
  const device = phone(t);
  device.server.offline = true;
  const events = device.require('lib/events');
  const api = device.require('lib/api');
  await assert.rejects(api.post('/visitor/somewhere'), { code: 'network' });
  assert.deepEqual(device.storage.get('events') || [], []);
  events.track('reserve.tapped');
  device.server.offline = false;
  device.server.on(EVENTS, { status: 503, body: '' });
  device.server.on('POST /api/visitor/somewhere', { status: 503, body: '' });
  for (let n = 0; n < 230; n += 1) await api.post('/visitor/somewhere').catch(() => {});
  events.track('app.hidden');
  await device.settled();
  const names = device.storage.get('events').map(({ name }) => name);
  assert.equal(names.length, 200);
  assert.deepEqual([names[0], names[199]], ['reserve.tapped', 'app.hidden']);
});

test('going to the background sends at once what waits', async (t) => {
  const device = phone(t);
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'c' } });
  device.server.on('GET /api/visitor/messages/subscriptions', { items: [] });
  const app = device.launch();
  app.onHide();
  await device.settled();
  assert.deepEqual(batches(device).flat(), ['app.launched', 'app.shown', 'app.hidden']);
});
