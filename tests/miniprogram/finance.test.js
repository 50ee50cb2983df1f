/** The calculator shows the server's figures only, and asks again for everything she changes. */
'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { Device } = require('./device');

// Time stands still: nothing but what a test does happens here.
mock.timers.enable({ apis: ['setTimeout'] });

const ROUTE = 'GET /api/visitor/vehicles/car-1/finance';
const BALLOON = { key: 'balloon', label: '气球贷' };
const plan = (told) => ({ kind: { key: 'annuity', label: '等额本息' }, fee_percent: 0, final_percent: 0, valid_until: null, monthly_fen: 123400, ...told });
const PLANS = [
  plan({ id: 'long', name: '60 期', term_months: 60, annual_rate_percent: 4.59, min_down_payment_percent: 15 }),
  plan({ id: 'short', name: '24 期', term_months: 24, annual_rate_percent: 1.99, min_down_payment_percent: 30 }),
  plan({ id: 'ball', name: '36 期', term_months: 36, annual_rate_percent: 3.5, min_down_payment_percent: 20, final_percent: 40, kind: BALLOON }),
];
const LEAST = { long: 4500000, short: 9000000, ball: 6000000 };
const MOST = { long: 29900000, short: 29900000, ball: 17000000 };
const PRICE = 30000000;

/** A server that lends as ours does, with figures that nobody could have computed from the plan. */
function answer({ query }) {
  const chosen = PLANS.find((one) => one.id === (query.plan_id ?? 'long'));
  const down = query.down_payment_fen === undefined ? LEAST[chosen.id] : Number(query.down_payment_fen);
  if (down < LEAST[chosen.id]) {
    return { status: 422, body: { error: 'vehicles.finance_impossible', message: '首付金额需在范围内', details: {} } };
  }
  const schedule = [{ number: 1, payment_fen: 777701, principal_fen: 1, interest_fen: 2, balance_fen: 3 }];
  const loan = { price_fen: PRICE, down_payment_fen: down, principal_fen: 1, monthly_fen: down + 7, last_instalment_fen: down + 7, interest_fen: 1, total_fen: 1, fee_fen: 0, subsidy_fen: 0 };
  const bounds = { down_payment_min_fen: LEAST[chosen.id], down_payment_max_fen: MOST[chosen.id], final_fen: chosen.final_percent * 300000 };
  return { ...loan, ...bounds, apr_percent: 4.6, note: '', disclaimer: '仅供参考', plan: chosen, plans: PLANS, schedule };
}

async function opened(respond = answer) {
  const device = new Device();
  device.server.on(ROUTE, respond);
  const page = device.page('packages/finance/calculator', { vehicle_id: 'car-1' });
  await device.settled();
  return { device, page };
}

/** Types an amount into the field and leaves it. */
async function type({ device, page }, text) {
  page.setData({ down: text });
  page.typing();
  page.typed();
  await device.settled();
}

async function pick({ device, page }, id) {
  device.tap(page, 'pickPlan', { id });
  await device.settled();
}

test('it opens with the first plan and the least down payment that the server takes', async () => {
  const { page } = await opened();
  assert.deepEqual([page.data.state, page.data.planId, page.data.down, page.data.loan.monthly], ['ready', 'long', '45000', '¥45,000.07']);
});

test('an amount that she types is asked of the server once, also when the field is left twice', async () => {
  const calculator = await opened();
  await type(calculator, '60000');
  calculator.page.typed();
  const asked = calculator.device.server.asked(ROUTE).map((one) => one.query.down_payment_fen);
  assert.deepEqual(asked, [undefined, '6000000']);
  assert.equal(calculator.page.data.loan.monthly, '¥60,000.07');
});

test('words, fractions and negative amounts are refused at the field, and the server is not asked', async () => {
  const calculator = await opened();
  for (const text of ['', 'abc', '1.5', '-3', '1234567890']) {
    await type(calculator, text);
    assert.notEqual(calculator.page.data.fieldError, '', text);
  }
  assert.equal(calculator.device.server.asked(ROUTE).length, 1);
});

test("the server's bounds are told at the field, and what was shown before stays", async () => {
  const calculator = await opened();
  await type(calculator, '100');
  assert.equal(calculator.page.data.fieldError, '首付金额需在范围内');
  assert.equal(calculator.page.data.loan.monthly, '¥45,000.07');
  assert.deepEqual(calculator.device.called('showToast'), []);
});

test('a refused amount is refused again when she types it again, and the amount that is shown is not asked for twice', async () => {
  const calculator = await opened();
  await type(calculator, '100');
  await type(calculator, '100');
  assert.notEqual(calculator.page.data.fieldError, '');
  await type(calculator, '45000');
  assert.equal(calculator.page.data.fieldError, '');
  assert.equal(calculator.device.server.asked(ROUTE).length, 3);
});

test('another plan keeps her amount where it allows it, and says so where it does not', async () => {
  const calculator = await opened();
  await type(calculator, '120000');
  await pick(calculator, 'short');
  assert.deepEqual([calculator.page.data.planId, calculator.page.data.down, calculator.page.data.note], ['short', '120000', '']);
  await pick(calculator, 'long');
  await type(calculator, '50000');
  await pick(calculator, 'short');
  assert.deepEqual([calculator.page.data.down, calculator.page.data.note], ['90000', '此方案不适用您填写的首付，已按最低首付计算']);
});

test('an answer that comes after a later question is thrown away', async () => {
  const gates = [];
  const calculator = await opened();
  calculator.device.server.on(ROUTE, (request) => new Promise((resolve) => gates.push(() => resolve(answer(request)))));
  await type(calculator, '60000');
  await type(calculator, '70000');
  gates[1]();
  await calculator.device.settled();
  gates[0]();
  await calculator.device.settled();
  assert.equal(calculator.page.data.down, '70000');
  assert.equal(calculator.page.data.busy, false);
});

test("the slider's ends are the plan's least and most to the fen", () => {
  const { slider, slidFen } = new Device().require('packages/finance/calculator-view');
  const bounds = { least: 4677000, most: 18650000 };
  const ends = slider({ ...bounds, down: 4677000 });
  assert.deepEqual(ends, { min: 47, max: 187, value: 47 });
  assert.equal(slidFen(ends.min, ends, bounds), 4677000);
  assert.equal(slidFen(100, ends, bounds), 10000000);
  assert.equal(slidFen(ends.max, ends, bounds), 18650000);
  assert.equal(slider({ ...bounds, down: 18650000 }).value, 187);
});

test('the kinds of plan are those for this car; another kind begins with its first plan, and says what is due in the end', async () => {
  const calculator = await opened();
  const { data } = calculator.page;
  assert.deepEqual([data.kinds.map(({ label }) => label), data.plans.map(({ id }) => id)], [['等额本息', '气球贷'], ['long', 'short']]);
  calculator.device.tap(calculator.page, 'pickKind', { kind: 'balloon' });
  await calculator.device.settled();
  assert.deepEqual([data.planId, data.plans.map(({ id }) => id), data.down], ['ball', ['ball'], '60000']);
  assert.deepEqual(data.loan.rows.find(({ label }) => label === '尾款'), { label: '尾款', value: '¥120,000' });
  assert.match(data.plans[0].terms, /尾款\u00a040%/);
});

test('the table of instalments is made only when she looks at it, and follows what she changes', async () => {
  const calculator = await opened();
  assert.deepEqual(calculator.page.data.schedule, []);
  calculator.page.toggleSchedule();
  assert.equal(calculator.page.data.schedule[0].payment, '7,777.01');
  calculator.page.toggleSchedule();
  assert.deepEqual(calculator.page.data.schedule, []);
});

test('a car that was sold ends the calculation; with a server in trouble, what is shown stays and is what is chosen', async () => {
  const sold = await opened(() => ({ status: 410, body: { error: 'vehicles.gone', message: 'x', details: {} } }));
  assert.equal(sold.page.data.state, 'gone');
  const calculator = await opened();
  calculator.device.server.on(ROUTE, { status: 500, body: {} });
  await pick(calculator, 'short');
  assert.deepEqual([calculator.page.data.state, calculator.page.data.planId], ['ready', 'long']);
  await type(calculator, '60000');
  assert.equal(calculator.page.data.down, '45000');
  assert.equal(calculator.device.called('showToast').length, 2);
});
