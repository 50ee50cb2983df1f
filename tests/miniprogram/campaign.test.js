/** At a campaign she takes part once, with all that its form asks and nothing besides, and shows a code at the door that is never stale. */
'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { Device } = require('./device');

mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-05-01T02:00:00Z') });

const PAGE = 'GET /api/visitor/campaigns/codes/abc123';
const ANSWERS = 'POST /api/customer/campaigns/campaign-1/answers';
const TICKET = 'GET /api/customer/campaigns/campaign-1/ticket';

const field = (key, kind, more = {}) => ({ key, kind, label: key, required: true, choices: [], ...more });
const told = (more = {}) => ({
  id: 'campaign-1', name: '春季车展', kind_label: '车展', introduction: '三天', begins_on: '2026-04-30', ends_on: '2026-05-03', state: 'open', message: null,
  fields: [field('name', 'name'), field('phone', 'phone'), field('store', 'store'), field('when', 'choice', { choices: ['上午', '下午'], required: false })],
  consent: null, stores: [{ id: 'store-1', name: '浦东店', city: '上海', address: '' }], vehicles: [], mine: null, ...more,
});

async function opened(page = told(), query = { scene: 'abc123' }) {
  const device = new Device();
  device.wx.setStorageSync('session', { token: 'token', customer: { id: 'me', nickname: null, phone_masked: '138****0001' } });
  device.server.on(PAGE, page).on(ANSWERS, { id: 'answer-1', lead_id: 'lead-1', updated_at: '' });
  const shown = device.page('pages/campaigns/detail', query);
  await device.settled();
  return { device, page: shown };
}

function fillIn(device, page) {
  page.typed({ currentTarget: { dataset: { key: 'name' } }, detail: { value: ' 林小姐 ' } });
  page.picked({ currentTarget: { dataset: { key: 'store' } }, detail: { value: 0 } });
  page.agreement({ detail: { missing: '', ticked: [] } });
}

test('a code that was scanned leads to its campaign, and says by which phone it came', async () => {
  const { device, page } = await opened();
  assert.equal(page.data.campaign.name, '春季车展');
  assert.ok(device.server.asked(PAGE)[0].query.visitor_id);
  assert.deepEqual(page.data.fields.map((one) => one.key), ['name', 'store', 'when'], 'her number is asked for by the agreement');
});

test('what she has not filled in is named, and nothing is sent', async () => {
  const { device, page } = await opened();
  await page.submit();
  assert.equal(page.data.wanting, 'name');
  fillIn(device, page);
  page.agreement({ detail: { missing: 'phone', ticked: [] } });
  await page.submit();
  assert.equal(page.data.nudge, 'phone');
  assert.deepEqual(device.server.asked(ANSWERS), []);
});

test('her answer is sent once, without what is empty, with the code that brought her', async () => {
  const { device, page } = await opened();
  fillIn(device, page);
  device.tap(page, 'choose', { key: 'when', value: '上午' });
  device.tap(page, 'choose', { key: 'when', value: '上午' });
  await Promise.all([page.submit(), page.submit()]);
  const [sent, ...more] = device.server.asked(ANSWERS);
  assert.deepEqual(more, []);
  assert.deepEqual(sent.body, { given: { name: '林小姐', store: 'store-1' }, code_id: 'abc123', consent_version: undefined });
  assert.match(page.data.done, /138\*\*\*\*0001/);
  assert.equal(page.data.filling, false);
});

test("what the campaign asks in its own words is agreed to in that version, and the dealers' is not asked twice", async () => {
  const consent = { purpose: 'dealer_sharing', version: 'v7', words: '同意门店联系我' };
  const { device, page } = await opened(told({ consent }));
  assert.deepEqual(page.data.purposes, ['phone']);
  fillIn(device, page);
  await page.submit();
  assert.deepEqual([page.data.nudge, device.server.asked(ANSWERS).length], ['consent', 0]);
  page.consented({ detail: { checked: true } });
  await page.submit();
  assert.equal(device.server.asked(ANSWERS)[0].body.consent_version, 'v7');
});

test('the code for the door is renewed before it expires, and no more once it is put away', async () => {
  const { device, page } = await opened(told({ mine: { answered: true, checked_in_today: false } }));
  let number = 0;
  device.server.on(TICKET, () => ({ ticket: 't', picture: `data:${(number += 1)}`, expires_at: new Date(Date.now() + 300_000).toISOString() }));
  await page.renew();
  assert.equal(page.data.picture, 'data:1');
  mock.timers.tick(280_000);
  await device.settled();
  assert.equal(page.data.picture, 'data:2');
  page.hideTicket();
  mock.timers.tick(600_000);
  await device.settled();
  assert.equal(device.server.asked(TICKET).length, 2);
});

test('a campaign that is over, or a code that nobody knows, says so and asks for nothing', async () => {
  const { page } = await opened(told({ state: 'over', message: '活动已结束' }));
  assert.equal(page.data.filling, false);
  const lost = await opened({ status: 404, body: { error: { code: 'campaigns.code_unknown', message: '没有找到这个渠道码', details: {} } } });
  assert.equal(lost.page.data.state, 'unknown');
});
