/** The posters of a car and of a list: the server's is waited for; on ours everything stands on the sheet, whatever is long or missing, and saving it takes every answer of the phone. */
'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { Device, fails } = require('./device');

mock.timers.enable({ apis: ['setTimeout'] });

const keyed = (key, label) => ({ key, label });
const CARD = {
  id: 'car-1',
  title: '极曜 J7 2025款 GT',
  status: keyed('listed', '在售'),
  condition: keyed('approved', '官方认证'),
  model_year: 2025,
  odometer_km: 12000,
  exterior_color: keyed('black', '曜石黑'),
  price_fen: 54150000,
  photo: '/media/side.jpg',
  store: { id: 's', name: '极曜郑州中原中心', city: '郑州' },
};
const FRAME = { mark: 'JIYAO', brand: '极曜汽车', code: 'code', scan: '长按识别', about: '查看' };
const SHOWN = { picture: 'p', title: '极曜 J7', facts: '2025 款', price: '¥541,500' };
const POSTER = 'POST /api/customer/shares/share1/poster';
const URL_MADE = `https://api.marque.example/media/posters/${'a'.repeat(64)}.jpg`;
const LIST = { vehicle: null, list: { filters: {}, total: 12, items: Array.from({ length: 6 }, (_, at) => ({ ...CARD, id: `c${at}` })) } };
/** Half a letter's height for Latin, the whole for Chinese: near enough to a real measure. */
const measure = (text, size) => [...text].reduce((sum, letter) => sum + (letter < '\u2000' ? size / 2 : size), 0);

/** A canvas that notes what is drawn on it; pictures whose address holds `bad` cannot be loaded. */
function canvas() {
  const drawn = [];
  const context = {
    setTransform() {},
    measureText: (text) => ({ width: measure(text, Number(/(\d+)px/.exec(context.font)[1])) }),
    fillText: (text) => drawn.push(text),
    fillRect: () => drawn.push('box'),
    drawImage: (picture) => drawn.push(picture.src),
  };
  const createImage = () => {
    const picture = { width: 1200, height: 675 };
    return Object.defineProperty(picture, 'src', {
      get: () => picture.from,
      set(from) {
        picture.from = from;
        queueMicrotask(from.includes('bad') ? () => picture.onerror() : () => picture.onload());
      },
    });
  };
  return { drawn, node: { getContext: () => context, createImage } };
}

function phone(opened = { vehicle: CARD, list: null }) {
  const device = new Device();
  const paper = canvas();
  device.wx.setStorageSync('session', { token: 'token', customer: { id: 'me', nickname: null, phone_masked: null } });
  device.wx.createSelectorQuery = () => ({ select: () => ({ fields: () => ({ exec: (then) => then([{ node: paper.node }]) }) }) });
  device.answers.downloadFile = () => ({ statusCode: 200, tempFilePath: 'wxfile://code.png' });
  device.answers.canvasToTempFilePath = () => ({ tempFilePath: 'wxfile://poster.png' });
  device.server.on('POST /api/customer/sharing/', { id: 'share1', path: 'x?share_id=share1', title: 't', image_url: null });
  device.server.on('GET /api/visitor/sharing/share1', { share: { id: 'share1', sharer: { nickname: null } }, similar: [], ...opened });
  device.server.on(POSTER, { status: 'ready', url: URL_MADE });
  return Object.assign(device, { drawn: paper.drawn });
}

/** The page of a list's poster: its filters come by hand. */
function ofList(device) {
  device.require('lib/handover').give('poster', { series: ['j7'] });
  return opened(device, {});
}

async function opened(device, query = { vehicle_id: 'car-1' }) {
  const page = device.page('pages/share/index', query);
  await device.settled();
  return page;
}

test('every text and picture stands on the sheet, also with a title of two hundred letters', () => {
  const { ofList: composed } = new Device().require('pages/share/poster');
  const long = { ...SHOWN, title: '极曜'.repeat(100), facts: '非常长的说明'.repeat(9) };
  for (const cars of [[SHOWN], [SHOWN, long, SHOWN, SHOWN]]) {
    const sheet = composed(FRAME, { title: 't', count: 'c', cars }, measure);
    for (const stroke of sheet.strokes) {
      const width = stroke.kind === 'text' ? measure(stroke.text, stroke.size) : stroke.w;
      const left = stroke.kind === 'text' && stroke.align === 'right' ? stroke.x - width : stroke.x;
      assert.ok(left >= 0 && left + width <= sheet.width, `${stroke.text ?? stroke.kind} is cut off at the side`);
      assert.ok(stroke.y >= 0 && stroke.y + (stroke.h ?? 0) <= sheet.height, `${stroke.text ?? stroke.kind} is cut off below`);
    }
  }
});

test('a text that is too long ends in an ellipsis within its line', () => {
  const { wrap } = new Device().require('pages/share/poster');
  const lines = wrap('一二三四五六七八九十', 40, 2, (text) => text.length * 10);
  assert.deepEqual(lines, ['一二三四', '五六七…']);
  assert.deepEqual(wrap('一二', 40, 2, (text) => text.length * 10), ['一二']);
});

test("a car's poster is made by the server for a share of hers, and waited for", async () => {
  const device = phone();
  const GET = 'GET /api/customer/shares/share1/poster';
  device.server.on(POSTER, { status: 'pending', url: null }).on(GET, { status: 'ready', url: URL_MADE });
  const page = await opened(device);
  assert.deepEqual([page.data.state, page.data.making, page.data.picture], ['ready', true, '']);
  mock.timers.tick(800);
  await device.settled();
  assert.deepEqual([page.data.making, page.data.drawn, page.data.picture], [false, true, URL_MADE]);
  assert.equal(device.server.asked('POST /api/customer/sharing/')[0].body.channel, 'code');
  assert.deepEqual([device.server.asked(POSTER).length, device.server.asked(GET).length], [1, 1]);
});

test('a poster that could not be made can be asked for again', async () => {
  const device = phone();
  device.server.on(POSTER, { status: 'failed', url: null });
  const page = await opened(device);
  assert.deepEqual([page.data.state, page.data.message], ['error', '海报暂时没有生成，请重试']);
  device.server.on(POSTER, { status: 'ready', url: URL_MADE });
  await page.load();
  assert.equal(page.data.picture, URL_MADE);
});

test('a picture that cannot be loaded does not cost her the poster of a list', async () => {
  const page = await ofList(phone({ vehicle: null, list: { ...LIST.list, items: [{ ...CARD, photo: '/media/bad.jpg' }] } }));
  assert.equal(page.data.drawn, true);
});

test("a list's filters come by hand and make a poster of its first cars", async () => {
  const device = phone(LIST);
  const page = await ofList(device);
  assert.deepEqual(device.server.asked('POST /api/customer/sharing/')[0].body, { kind: 'list', filters: { series: ['j7'] }, channel: 'code' });
  for (const wanted of ['共 12 辆在售', 'wxfile://code.png', 'https://api.marque.example/media/side.jpg']) assert.ok(device.drawn.includes(wanted), wanted);
  assert.equal(device.drawn.filter((one) => one === '¥541,500').length, 4);
  assert.equal(page.data.isList, true);
});

test('without a code there is no poster, and she hears why; with nothing to share there is none either', async () => {
  const device = phone(LIST);
  device.answers.downloadFile = () => ({ statusCode: 503, tempFilePath: '' });
  const page = await ofList(device);
  assert.deepEqual([page.data.state, page.data.message], ['error', '小程序码暂时无法生成，请稍后再试']);
  assert.equal((await opened(phone(), {})).data.state, 'nothing');
});

test('neither a sold car nor a list without cars is advertised', async () => {
  const page = await opened(phone({ vehicle: { ...CARD, status: keyed('sold', '已售') }, list: null }));
  assert.equal(page.data.state, 'nothing');
  const device = phone({ vehicle: null, list: { filters: {}, total: 0, items: [] } });
  device.require('lib/handover').give('poster', {});
  assert.equal((await opened(device, {})).data.state, 'nothing');
});

test('a saved poster is told and counted', async () => {
  const device = phone();
  const page = await opened(device);
  await page.save();
  assert.deepEqual([device.called('downloadFile')[0].url, device.called('saveImageToPhotosAlbum')], [URL_MADE, [{ filePath: 'wxfile://code.png' }]]);
  assert.equal(device.called('showToast').at(-1).title, '已保存到相册');
  assert.ok(device.storage.get('events').some((event) => event.name === 'poster.saved' && event.share_id === 'share1'));
});

test('an album that she refused is asked for in the settings; her breaking off is respected; a defect is told', async () => {
  const device = phone();
  const page = await opened(device);
  device.answers.saveImageToPhotosAlbum = fails('auth deny');
  await page.save();
  assert.equal(device.called('openSetting').length, 1);
  device.answers.saveImageToPhotosAlbum = fails('privacy permission is not authorized', { errno: 104 });
  await page.save();
  assert.equal(device.called('openSetting').length, 1, 'the settings hold nothing about the privacy guide');
  assert.equal(device.called('showToast').at(-1).title, '同意隐私保护指引后才能保存到相册');
  device.answers.saveImageToPhotosAlbum = fails('cancel');
  await page.save();
  assert.equal(device.called('showToast').length, 1, 'breaking off needs no words');
  device.answers.saveImageToPhotosAlbum = fails('system error');
  await page.save();
  assert.equal(device.called('showToast').at(-1).title, '海报没有保存成功，请重试');
  assert.equal(page.data.saving, false);
});

test('a poster that somebody passed on shows that same picture to anybody, without a sign-in of its own', async () => {
  const device = phone();
  const her = await opened(device);
  const { query } = her.onShareTimeline();
  const his = phone();
  his.require('lib/launch').note({ scene: 1154, query: {} });
  const page = await opened(his, Object.fromEntries(new URLSearchParams(query)));
  assert.deepEqual([page.data.state, page.data.own, page.data.single, page.data.picture], ['ready', false, true, URL_MADE]);
  assert.deepEqual([his.server.asked('POST /api/customer/sharing/'), his.server.asked(POSTER)], [[], []]);
});

test('who follows a link without a poster sees the car itself', async () => {
  const page = await opened(phone(), { share_id: 'share1', poster: '../../x' });
  assert.equal(page.data.picture, 'https://api.marque.example/media/side.jpg');
});
