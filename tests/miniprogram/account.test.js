/** What is hers: agreements that she alone gives and takes back, her number only after she agreed, her data to read, take away and delete. */
'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { refusal, signedIn } = require('./orders');

// Time stands still: whoever waits is woken by a test.
mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });

const CONSENT = 'POST /api/customer/identity/consents';
const PHONE = 'POST /api/customer/identity/phone';

async function agreement(device) {
  const component = device.component('components/agreement/index', { purposes: ['phone', 'dealer_sharing'] });
  await device.settled();
  return component;
}

const told = (component) => component.events.filter((event) => event.name === 'change').at(-1).detail;
const tick = (device, component, purpose, checked = true) => device.tap(component, 'toggle', { purpose }, { checked });

test('nothing is agreed before she ticks it, and what she ticked is what is told', async () => {
  const device = signedIn({ consents: [] });
  const component = await agreement(device);
  assert.deepEqual(told(component), { missing: 'phone', ticked: [] });
  tick(device, component, 'phone');
  assert.deepEqual(told(component), { missing: 'dealer_sharing', ticked: ['phone'] });
  tick(device, component, 'dealer_sharing');
  tick(device, component, 'phone', false);
  assert.deepEqual(told(component), { missing: 'phone', ticked: ['dealer_sharing'] });
});

test('who agreed before is not asked again, and is told so', async () => {
  const device = signedIn();
  const component = await agreement(device);
  assert.deepEqual(told(component), { missing: '', ticked: [] });
  assert.equal(component.data.givenText, '您此前已同意：使用手机号、与经销商共享');
});

test('her number is asked for only after she agreed to its use, and the agreement is on record before the number', async () => {
  const device = signedIn({ consents: [], phone: null });
  const component = await agreement(device);
  assert.equal(component.data.mayAsk, false);
  tick(device, component, 'phone');
  assert.equal(component.data.mayAsk, true);
  device.server.on(PHONE, { id: 'customer-1', nickname: null, phone_masked: '139****0002' });
  await component.gotNumber({ detail: { code: 'c' } });
  await device.settled();
  const sent = device.server.requests.filter((request) => [CONSENT, PHONE].includes(request.route)).map((request) => request.route);
  assert.deepEqual(sent, [CONSENT, PHONE]);
  assert.equal(component.data.phone, '139****0002');
  assert.equal(told(component).missing, 'dealer_sharing');
});

for (const [detail, words] of [
  [{ errMsg: 'getPhoneNumber:fail user deny' }, '未授权手机号，暂时无法继续'],
  [{ errMsg: 'getPhoneNumber:fail', errno: 1400001 }, '暂时无法获取手机号，请稍后再试'],
]) {
  test(`a number that does not come (${detail.errMsg}) is no number, and says why`, async () => {
    const device = signedIn({ phone: null });
    const component = await agreement(device);
    await component.gotNumber({ detail });
    assert.deepEqual(device.called('showToast').map((one) => one.title), [words]);
    assert.equal(device.server.asked(PHONE).length, 0);
    assert.equal(told(component).missing, 'number');
  });
}

test('a switch is turned back when nothing came of it', async () => {
  const device = signedIn({ consents: ['phone'] });
  const page = device.page('packages/account/consents');
  await device.settled();
  device.server.on(CONSENT, refusal(503, 'request.unavailable'));
  const marketing = page.data.rows.findIndex((row) => row.purpose === 'marketing');
  const changed = page.change({ currentTarget: { dataset: { index: marketing } }, detail: { value: true } });
  for (const pause of [400, 1200]) {
    await device.settled();
    mock.timers.tick(pause);
  }
  await changed;
  assert.equal(device.server.asked(CONSENT).length, 3);
  assert.equal(page.data.rows[marketing].given, false);
});

test('taking an agreement back says what that means, and only then does it', async () => {
  const device = signedIn({ consents: ['phone'] });
  const page = device.page('packages/account/consents');
  await device.settled();
  const change = (value) => page.change({ currentTarget: { dataset: { index: 0 } }, detail: { value } });
  device.answers.showModal = () => ({ confirm: false });
  await change(false);
  assert.match(device.called('showModal')[0].content, /撤回后/);
  assert.deepEqual([device.server.asked(CONSENT).length, page.data.rows[0].given], [0, true]);
  device.answers.showModal = () => ({ confirm: true });
  await change(false);
  assert.deepEqual(device.server.asked(CONSENT)[0].body, { purpose: 'phone', granted: false });
  assert.deepEqual([page.data.rows[0].given, page.data.rows[0].since], [false, '2026-11-22 10:00 已撤回']);
});

test('every purpose has its own switch, none is on by itself', async () => {
  const device = signedIn({ consents: [] });
  const page = device.page('packages/account/consents');
  await device.settled();
  assert.deepEqual(page.data.rows.map((row) => [row.purpose, row.given]), [
    ['phone', false],
    ['dealer_sharing', false],
    ['location', false],
    ['marketing', false],
  ]);
});

const EXPORT = {
  customer: { id: 'customer-1', nickname: null, phone: '+8613800000001', since: '2026-11-22T01:00:00+00:00', shoe_size: 38 },
  wechat: [{ appid: 'wx0', openid: 'o', unionid: null, followed: true }],
  consents: [{ purpose: 'phone', text_version: '2026-11', given_at: '2026-11-22T01:00:00+00:00', withdrawn_at: '2026-11-22T02:00:00+00:00' }],
  events: Array.from({ length: 60 }, () => ({ name: 'order.reserved', at: '2026-11-22T01:00:00+00:00', subject: 'order', data: {} })),
};

test('an export shows everything in words, hides no field, and says how much more the copy holds', () => {
  const { groups } = signedIn().require('packages/account/export-groups');
  const [customer, wechat, consents, events] = groups(EXPORT);
  assert.ok(customer.lines.some((line) => line.label === 'shoe_size' && line.text === '38'));
  assert.ok(customer.lines.some((line) => line.label === '成为客户' && line.text === '2026-11-22 09:00'));
  assert.ok(wechat.lines.some((line) => line.text === '是'));
  assert.match(consents.lines[0].text, /09:00 同意.*10:00 撤回/);
  assert.equal(events.lines.length, 50);
  assert.match(events.note, /10 条/);
});

test('the copy is the whole answer of the server', async () => {
  const device = signedIn();
  device.server.on('POST /api/customer/identity/export', EXPORT);
  const page = device.page('packages/account/privacy');
  await page.export();
  page.copyExport();
  assert.deepEqual(JSON.parse(device.called('setClipboardData')[0].data), EXPORT);
});

test('an account is deleted only after both steps, and then the phone knows nothing of her', async () => {
  const device = signedIn();
  device.server.on('DELETE /api/customer/identity/me', { status: 204, body: '' });
  device.storage.set('recent_cars', [{ id: 'car-1' }]).set('place', { kind: 'city', city: '上海' });
  device.require('lib/events').track('vehicle.viewed', { vehicle_id: 'car-1' });
  const page = device.page('packages/account/privacy');
  const deleted = () => device.server.asked('DELETE /api/customer/identity/me').length;
  page.askToErase();
  await page.erase();
  assert.equal(deleted(), 0);
  page.understand({ detail: { checked: true } });
  device.answers.showModal = () => ({ confirm: false });
  await page.erase();
  assert.equal(deleted(), 0);
  device.answers.showModal = () => ({ confirm: true });
  await page.erase();
  await device.settled();
  assert.equal(deleted(), 1);
  device.require('lib/events').track('page.viewed');
  await device.settled();
  assert.deepEqual([...device.storage.keys()], ['events']);
  assert.deepEqual(device.storage.get('events').map((event) => event.name), ['page.viewed']);
  assert.equal(device.require('lib/place').current().kind, 'none');
  assert.deepEqual(device.called('reLaunch').map((one) => one.url), ['/pages/index/index']);
});

test('a deletion that fails deletes nothing on the phone either', async () => {
  const device = signedIn();
  device.server.on('DELETE /api/customer/identity/me', refusal(503, 'request.unavailable'));
  const page = device.page('packages/account/privacy');
  page.understand({ detail: { checked: true } });
  await page.erase();
  assert.ok(device.storage.has('session'));
  assert.equal(device.called('reLaunch').length, 0);
});

const NAME = 'PUT /api/customer/identity/me';

/** Her page; `name` leaves a name in the field, and WeChat judges it unless nothing is given. */
async function mine(device) {
  device.server.on(NAME, ({ body }) => ({ id: 'customer-1', phone_masked: null, ...body }));
  const page = device.page('pages/me/index');
  await device.settled();
  const name = async (value, judgement) => {
    page.left({ detail: { value } });
    await device.settled();
    if (judgement) await page.reviewed({ detail: judgement });
  };
  const kept = () => device.server.asked(NAME).map(({ body }) => body.nickname);
  return { page, name, kept };
}

test('a nickname is kept once WeChat has passed it, not when she leaves the field', async () => {
  const { page, name, kept } = await mine(signedIn());
  await name(' 晓雯 ');
  assert.deepEqual([kept(), page.data.nickname], [[], '']);
  await page.reviewed({ detail: { pass: true, timeout: false } });
  assert.deepEqual([kept(), page.data.nickname], [['晓雯'], '晓雯']);
  await name('  ', { pass: true, timeout: false });
  await name('晓雯', { pass: true, timeout: false });
  assert.deepEqual([kept(), page.data.nickname], [['晓雯'], '晓雯']);
});

for (const [judgement, words] of [
  [{ pass: false, timeout: false }, '该昵称未通过微信审核，请换一个'],
  [{ pass: false, timeout: true }, '昵称审核超时，请稍后再试'],
]) {
  test(`a nickname that WeChat did not pass (${JSON.stringify(judgement)}) is nowhere, and she reads why`, async () => {
    const device = signedIn();
    const { page, name, kept } = await mine(device);
    await name('坏名字', judgement);
    await page.reviewed({ detail: { pass: true, timeout: false } });
    assert.deepEqual([kept(), page.data.nickname, device.called('showToast').map((one) => one.title)], [[], '', [words]]);
  });
}

test('she goes on typing: the name before is not kept, though it passes', async () => {
  const { page, name, kept } = await mine(signedIn());
  await name('晓');
  page.renames();
  await page.reviewed({ detail: { pass: true, timeout: false } });
  assert.deepEqual(kept(), []);
});

test('a client that never tells of its judgement keeps the name a little later', async () => {
  const device = signedIn();
  device.sync.canIUse = (what) => what !== 'input.bindnicknamereview';
  const { page, name, kept } = await mine(device);
  await name('晓雯');
  assert.deepEqual(kept(), []);
  mock.timers.tick(3000);
  await device.settled();
  assert.deepEqual([kept(), page.data.nickname], [['晓雯'], '晓雯']);
});

test('what the server tells while she types stays out of the field', async () => {
  const device = signedIn();
  const { page, name, kept } = await mine(device);
  const told = [];
  const set = page.setData;
  page.setData = function setData(data, done) {
    if ('nickname' in data) told.push(data.nickname);
    return set.call(this, data, done);
  };
  device.server.on('GET /api/customer/identity/me', { id: 'customer-1', nickname: null, phone_masked: '138****0000' });
  page.renames();
  await page.load();
  await name('晓雯');
  await page.load();
  assert.deepEqual([told, page.data.phone], [[], '138****0000']);
  await page.reviewed({ detail: { pass: true, timeout: false } });
  assert.deepEqual([kept(), page.data.nickname], [['晓雯'], '晓雯']);
});

test('an answer of before she gave her name does not take it away', async () => {
  const device = signedIn();
  const { page, name } = await mine(device);
  let answer;
  device.server.on('GET /api/customer/identity/me', () => new Promise((resolve) => { answer = resolve; }));
  const loading = page.load();
  await device.settled();
  await name('晓雯', { pass: true, timeout: false });
  answer({ id: 'customer-1', nickname: null, phone_masked: null });
  await loading;
  assert.deepEqual([page.data.nickname, page.data.hello], ['晓雯', '您好，晓雯']);
});

test('a nickname that the server refuses falls back to the one before', async () => {
  const device = signedIn();
  const { page, name } = await mine(device);
  await name('晓雯', { pass: true, timeout: false });
  device.server.on(NAME, refusal(422, 'request.invalid'));
  await name('x', { pass: true, timeout: false });
  assert.equal(page.data.nickname, '晓雯');
});

test('a colleague enters the code of the console behind the version, and hears whose journeys will be tried on her', async () => {
  const TESTER = 'POST /api/customer/journeys/tester';
  const device = signedIn();
  const page = device.page('packages/account/about');
  device.answers.showModal = () => ({ confirm: false, content: null });
  await page.tester();
  device.answers.showModal = () => ({ confirm: true, content: '  ' });
  await page.tester();
  assert.equal(device.server.asked(TESTER).length, 0);
  device.server.on(TESTER, { name: '马若曦' });
  device.answers.showModal = () => ({ confirm: true, content: ' k7m2 ' });
  await page.tester();
  assert.equal(device.called('showModal')[0].editable, true);
  assert.deepEqual(device.server.asked(TESTER)[0].body, { code: 'k7m2' });
  assert.match(device.called('showToast').at(-1).title, /马若曦/);
  device.server.on(TESTER, refusal(404, 'journeys.code_unknown'));
  await page.tester();
  assert.match(device.called('showToast').at(-1).title, /code_unknown/);
});
