/** One car's page: what it says of a car, how it is opened, and what becomes of it when the car or the network goes away. */
'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { Device, fails } = require('./device');
const { car, used } = require('./cars');

// Time stands still: whoever waits (for another try, for the next batch of events) is woken by a test.
mock.timers.enable({ apis: ['setTimeout'] });

const DETAIL = 'pages/vehicles/detail';
const VEHICLE = 'GET /api/visitor/vehicles/car-1';
const SHARE = 'GET /api/visitor/sharing/share1';
const TERMS = { deposit_type: 'intent_deposit', amount_fen: 100000, hold_hours: 72 };
const BRIEF = { id: 'car-2', title: '极曜 J3', reason: '同车系' };

function phone({ signedIn = true, scene = 1001, told = car() } = {}) {
  const device = new Device();
  device.require('lib/launch').note({ scene, query: {} });
  if (signedIn) device.wx.setStorageSync('session', { token: 'token', customer: { id: 'me', nickname: '林女士', phone_masked: null } });
  device.server.on(VEHICLE, told).on('GET /api/visitor/orders/terms', TERMS).on('GET /api/customer/orders/', { items: [] });
  return device;
}

async function opened(device, query = { id: 'car-1' }) {
  const page = device.page(DETAIL, query);
  await device.settled();
  return page;
}

const shared = (vehicle, nickname, is_self = false) => ({ share: { id: 'share1', kind: 'vehicle', sharer: { nickname, is_self } }, vehicle, list: null, similar: [] });
const events = (device) => (device.storage.get('events') ?? []).map((event) => event.name);
const reserved = (more = {}) => car({ reservable: false, status: { key: 'reserved', label: '已预订' }, ...more });

test('a new car has no history, whatever the figures say; a used one tells what is known and nothing else', () => {
  const { present } = new Device().require('pages/vehicles/detail-view');
  assert.deepEqual(present(car()).history, []);
  assert.deepEqual(present(used()).history.map((row) => row.value), ['2023-05-01', '1 位', '无']);
  const silent = used({ history: { first_registration_date: null, previous_owners: null, accident_free: null, odometer_km: null } });
  assert.deepEqual(present(silent).history, []);
  assert.ok(!present(silent).facts.some((row) => row.label === '表显里程'));
});

test('a guide price stands beside the price only when something is saved', () => {
  const { present } = new Device().require('pages/vehicles/detail-view');
  assert.deepEqual([present(car()).price.guide, present(car()).price.saved], ['', '']);
  const cheaper = present(used()).price;
  assert.deepEqual([cheaper.guide, cheaper.saved], ['¥400,000', '较指导价省 ¥120,000']);
});

test('a rise of the price is not called a drop', () => {
  const { present } = new Device().require('pages/vehicles/detail-view');
  const history = [
    { old_price_fen: 100, new_price_fen: 50, changed_at: '2026-11-05T17:00:00Z' },
    { old_price_fen: 50, new_price_fen: 100, changed_at: '2026-10-01T00:00:00Z' },
  ];
  const rows = present(car({ price: { ...car().price, history } })).price.history;
  assert.deepEqual(rows.map((row) => row.dropped), [true, false]);
  assert.match(rows[0].text, /^2026-11-06 降价/); // by China's calendar
  assert.match(rows[1].text, /上调/);
});

test('tags do not repeat the condition or what stands among the options', () => {
  const { present } = new Device().require('pages/vehicles/detail-view');
  assert.deepEqual(present(car()).tags, ['新车', '里程少']);
});

test('long lists begin folded, short ones have no button', () => {
  const { present } = new Device().require('pages/vehicles/detail-view');
  const many = present(car({ options: Array.from({ length: 11 }, (_, at) => ({ key: String(at), label: `选装${at}` })) })).options;
  assert.deepEqual([many.first.length, many.all.length, many.more], [8, 11, '查看全部 11 项配置']);
  assert.equal(present(car()).options.more, '');
});

test('specifications stand by group, the first group open, and one that nobody knows at the end', async () => {
  const row = (key) => ({ key, label: key, value: '1' });
  const page = await opened(phone({ told: car({ specifications: ['wheelbase_mm', 'new_one', 'power_kw', 'seats'].map(row) }) }));
  const groups = page.data.car.specifications;
  assert.deepEqual(groups.map(({ rows }) => rows.map(({ key }) => key)), [['power_kw'], ['wheelbase_mm', 'seats'], ['new_one']]);
  assert.deepEqual(page.data.groups, { [groups[0].title]: true });
});

test('of an inspection, what was found stands first and lies open; a bare number of defects is told as such', async () => {
  const point = (name, finding, remark = '') => ({ name, finding: { key: finding, label: finding }, remark });
  const groups = [
    { name: '外观', points: [point('车门', 'ok')] },
    { name: '底盘', points: [point('车架', 'ok'), point('悬架', 'minor', '轻微磨损'), point('刹车', 'major')] },
  ];
  const told = { inspected_on: '2026-11-01', inspector: '王工', score: 92, summary: '', defects: 2, counts: {}, groups, document_url: null };
  const page = await opened(phone({ told: used({ inspection: told }) }));
  const [, chassis] = page.data.car.inspection.groups;
  assert.deepEqual(chassis.points.map(({ name }) => name), ['刹车', '悬架', '车架']);
  assert.deepEqual([page.data.car.inspection.head, page.data.inspected], ['4 项检测，2 项需留意', { 底盘: true }]);
  const { present } = new Device().require('pages/vehicles/detail-view');
  const bare = present(used({ inspection: { ...told, inspected_on: null, inspector: null, score: null, groups: [], defects: 3 } })).inspection;
  assert.deepEqual([bare.hasReport, bare.score, bare.by, bare.head], [false, '', '', '检测发现 3 处瑕疵，详情可咨询顾问']);
});

test('the price stands between the least and the most of its like, wherever it is', () => {
  const { present } = new Device().require('pages/vehicles/detail-view');
  const told = { percentile: 25, count: 12, level: 'low', label: '价格偏低', text: '同车型', lowest_fen: 20000000, median_fen: 30000000, highest_fen: 40000000 };
  const { text, here, middle } = present(used({ fairness: told })).fairness;
  assert.deepEqual([text, here, middle], ['12 辆同类车中，25% 更便宜', 40, 50]);
  const cheapest = present(used({ fairness: { ...told, percentile: 0, lowest_fen: 29000000 } })).fairness;
  assert.deepEqual([cheapest.here, cheapest.text], [0, '12 辆同类车中价格最低'], 'cheaper than all of them');
});

test('how a price went is drawn as steps between its least and its most', () => {
  const { trend } = new Device().require('pages/vehicles/trend');
  assert.equal(trend({ price_fen: 100, history: [] }), null);
  const now = Date.parse('2026-11-22T00:00:00Z');
  const history = [{ old_price_fen: 30000000, new_price_fen: 28000000, changed_at: '2026-11-12T00:00:00Z' }];
  const { mask, label } = trend({ price_fen: 28000000, history }, now);
  assert.match(decodeURIComponent(mask), /d='M0 4.0H150.0V56.0H300.0'/);
  assert.equal(label, '价格从 ¥300,000 变为 ¥280,000，共调整 1 次');
});

test('a tap on “预订” asks whether the car can still be had, and goes on only then', async () => {
  const device = phone();
  const page = await opened(device);
  const NOW = 'GET /api/visitor/vehicles/car-1/availability';
  device.server.on(NOW, { status: 'reserved', reservable: false, as_of: '' }).on(VEHICLE, reserved()).on('GET /api/visitor/waiting-list/car-1', { is_open: false });
  await page.reserve();
  await device.settled();
  assert.deepEqual([page.data.car.reservable, device.called('navigateTo').length], [false, 0]);
  device.server.on(NOW, { status: 'listed', reservable: true, as_of: '' });
  await page.reserve();
  assert.deepEqual(device.called('navigateTo').map(({ url }) => url), ['/packages/reserve/confirm?vehicle_id=car-1']);
});

test('a heart that she gives before anybody was signed in signs her in, and one that is refused is taken back', async () => {
  const device = phone({ signedIn: false });
  const LIKED = 'PUT /api/customer/favourites/car-1';
  device.server.on('POST /api/visitor/identity/login', { token: 't', customer: { id: 'me' } }).on(LIKED, { is_favourite: true });
  const page = await opened(device);
  page.like();
  assert.equal(page.data.isLiked, true, 'the heart does not wait');
  await device.settled();
  assert.deepEqual([device.server.asked(LIKED).length, page.data.isLiked], [1, true]);
  device.server.on('DELETE /api/customer/favourites/car-1', { status: 500, body: {} });
  page.like();
  await device.settled();
  assert.equal(page.data.isLiked, true);
});

test('a car opened by its id is shown, counted, and kept among those she looked at', async () => {
  const device = phone();
  const page = await opened(device);
  assert.equal(page.data.state, 'ready');
  assert.equal(page.data.deposit, '意向金 ¥1,000');
  assert.ok(events(device).includes('vehicle.viewed'));
  assert.deepEqual(device.require('lib/recent').all().map((one) => one.id), ['car-1']);
});

test('a share without an id leads to its car and says whose it is; the server hears that it was opened', async () => {
  const device = phone();
  device.server.on(SHARE, shared({ id: 'car-1' }, '小周'));
  const page = await opened(device, { share_id: 'share1' });
  assert.equal(page.data.state, 'ready');
  assert.equal(page.data.sharedBy, '小周 分享给您');
  assert.ok(device.server.asked(SHARE)[0].query.visitor_id);
});

test("a mini-program code's scene is a share, also when WeChat hands it over encoded", async () => {
  const device = phone();
  device.server.on(SHARE, shared({ id: 'car-1' }, null));
  const page = await opened(device, { scene: encodeURIComponent('share1') });
  assert.equal(page.data.car.id, 'car-1');
  assert.equal(page.data.sharedBy, '好友分享给您');
});

test('her own share is not announced to her', async () => {
  const device = phone();
  device.server.on(SHARE, shared({ id: 'car-1' }, null, true));
  assert.equal((await opened(device, { id: 'car-1', share_id: 'share1' })).data.sharedBy, '');
});

test('a share that is no more does not hide a car that is known, and says so when nothing else is', async () => {
  const device = phone();
  device.server.on(SHARE, { status: 404, body: { error: 'sharing.unknown', message: '分享已失效或不存在' } });
  assert.equal((await opened(device, { id: 'car-1', share_id: 'share1' })).data.state, 'ready');
  const page = await opened(device, { share_id: 'share1' });
  assert.deepEqual([page.data.state, page.data.message], ['unknown', '分享已失效或不存在']);
});

test('a share whose opening did not reach the server is told again when she comes back', async () => {
  const device = phone();
  device.server.on(SHARE, { status: 500, body: { error: 'internal', message: 'x' } });
  const page = await opened(device, { id: 'car-1', share_id: 'share1' });
  device.server.on(SHARE, shared({ id: 'car-1' }, '小周'));
  await page.load();
  await device.settled();
  assert.equal(page.data.sharedBy, '小周 分享给您');
  const asked = device.server.asked(SHARE).length;
  await page.load();
  await device.settled();
  assert.equal(device.server.asked(SHARE).length, asked, 'once it is told, it is told');
});

test('a defect of ours is told in Chinese, never in the words of an exception', async () => {
  const device = phone();
  device.server.on(VEHICLE, car({ price: null }));
  const page = await opened(device);
  assert.equal(page.data.state, 'error');
  assert.match(page.data.message, /^[^a-zA-Z]+$/);
});

test('a page opened with nothing at all says that there is no car', async () => {
  assert.equal((await opened(phone(), {})).data.state, 'unknown');
});

test('a sold car shows cars like it and leaves the cars she looked at', async () => {
  const device = phone();
  device.require('lib/recent').add({ id: 'car-1' });
  device.server.on(VEHICLE, { status: 410, body: { error: 'vehicles.gone', message: 'x', details: { similar: [BRIEF] } } });
  const page = await opened(device);
  assert.equal(page.data.state, 'gone');
  assert.deepEqual(page.data.similar.map((one) => one.id), ['car-2']);
  assert.deepEqual(device.require('lib/recent').all(), []);
});

test('a car reserved while she was away says so when she comes back, and offers no reservation', async () => {
  const device = phone();
  const page = await opened(device);
  device.server.on(VEHICLE, reserved());
  page.onShow();
  await device.settled();
  assert.equal(page.data.car.reservable, false);
  assert.match(page.data.statusText, /其他客户/);
  assert.equal(device.called('showToast').at(-1).title, '这辆车刚刚被预订了');
});

test('a car that she reserved herself is hers, with the way to her order', async () => {
  const device = phone({ told: reserved() });
  const order = (id, vehicle, status) => ({ id, status, vehicle: { id: vehicle } });
  device.server.on('GET /api/customer/orders/', { items: [order('old', 'car-1', 'closed'), order('other', 'car-9', 'paid'), order('mine', 'car-1', 'paid')] });
  const page = await opened(device);
  assert.equal(page.data.orderId, 'mine');
  assert.doesNotMatch(page.data.statusText, /其他客户/);
});

test('coming back from her own reservation, she does not hear that somebody took the car', async () => {
  const device = phone();
  const page = await opened(device);
  device.server.on(VEHICLE, reserved()).on('GET /api/customer/orders/', { items: [{ id: 'mine', status: 'paid', vehicle: { id: 'car-1' } }] });
  page.onShow();
  await device.settled();
  assert.equal(page.data.orderId, 'mine');
  assert.deepEqual(device.called('showToast'), []);
});

test('offline at first is a state of its own; offline later keeps the car and says that it may be old', async () => {
  const device = phone();
  const pass = async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      await device.settled();
      mock.timers.tick(2000);
    }
    await device.settled();
  };
  device.server.offline = true;
  const page = device.page(DETAIL, { id: 'car-1' });
  await pass();
  assert.equal(page.data.state, 'offline');
  device.server.offline = false;
  page.onShow();
  await pass();
  assert.deepEqual([page.data.state, page.data.isStale], ['ready', false]);
  device.server.offline = true;
  page.onShow();
  await pass();
  assert.deepEqual([page.data.state, page.data.isStale, page.data.car.id], ['ready', true, 'car-1']);
});

test('in single-page mode nothing is asked that needs her, and nothing is kept', async () => {
  const device = phone({ scene: 1154, signedIn: false });
  device.server.on(SHARE, shared({ id: 'car-1' }, '小周'));
  const page = await opened(device, { id: 'car-1', share_id: 'share1' });
  assert.deepEqual([page.data.state, page.data.single], ['ready', true]);
  assert.deepEqual(device.server.requests.filter((one) => one.route.includes('/customer/')), []);
  assert.deepEqual(device.require('lib/recent').all(), []);
  for (const api of ['login', 'navigateTo', 'getLocation', 'setNavigationBarTitle']) assert.deepEqual(device.called(api), [], api);
});

test('sharing to a friend names her share when the server answers, and the car alone when it does not', async () => {
  const device = phone();
  const page = await opened(device);
  device.server.on('POST /api/customer/sharing/', { id: 's9', path: 'pages/vehicles/detail?id=car-1&share_id=s9', title: '极曜｜¥280,000', image_url: '/p.jpg' });
  const card = page.onShareAppMessage();
  assert.match((await card.promise).path, /share_id=s9/);
  device.server.on('POST /api/customer/sharing/', { status: 500, body: {} });
  const bare = page.onShareAppMessage();
  assert.equal(bare.path, '/pages/vehicles/detail?id=car-1');
  assert.equal((await bare.promise).path, bare.path);
});

test('Moments get the share that was made while the share sheet stood open, and the car alone without it', async () => {
  const device = phone();
  const page = await opened(device);
  assert.equal(page.onShareTimeline().query, 'id=car-1');
  device.server.on('POST /api/customer/sharing/', ({ body }) => ({ id: 't1', path: 'pages/vehicles/detail?id=car-1&share_id=t1', title: body.channel, image_url: null }));
  page.openShareSheet();
  await device.settled();
  assert.deepEqual([page.onShareTimeline().query, page.onShareTimeline().title], ['id=car-1&share_id=t1', 'timeline']);
});

test('navigation gets what the server says, to the letter; a call that she breaks off is no failure', async () => {
  const device = phone();
  const page = await opened(device);
  page.navigate();
  assert.deepEqual(device.called('openLocation'), [car().store.navigation]);
  device.answers.makePhoneCall = fails('cancel');
  page.call();
  await device.settled();
  assert.equal(device.called('makePhoneCall')[0].phoneNumber, car().store.phone);
  assert.deepEqual(device.called('showToast'), []);
});
