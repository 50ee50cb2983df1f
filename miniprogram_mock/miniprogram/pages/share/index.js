/** The poster of a car, which the server makes, or of a list, drawn here: with the code of her share, saved to her album. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const handover = require('../../lib/handover');
const launch = require('../../lib/launch');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const share = require('../../lib/share');
const { fill, texts } = require('../../texts/index');
const poster = require('./poster');

const t = texts('poster');
const { brand } = texts('common');

/** Pixels for one unit of the poster: 1080 wide, sharp in an album and small enough for every phone. */
const SCALE = 1.44;
const SHOWN = 4;
/** A picture that has not come by then is left out, so that the others are seen. */
const PICTURE_MS = 8000;
/** The server makes a poster within seconds; it is asked so often, and given up after so long. */
const ASK_MS = 800;
const MAKING_MS = 30000;
/** WeChat's errno when she did not agree to the privacy guide. */
const PRIVACY_REFUSED = 104;

Page({
  data: { t, state: 'loading', message: '', alt: '', height: 1000, drawn: false, saving: false, single: false, own: false, isList: false, /** The server's picture of a car. */ picture: '', making: false },

  vehicleId: '',
  filters: /** @type {Record<string, any> | undefined} */ (undefined),
  shareId: '',
  /** The name of a car's poster, by which others see it. */
  poster: '',
  isGone: false,
  canvas: /** @type {any} */ (null),

  /** @param {{vehicle_id?: string, share_id?: string, poster?: string}} query a car, or a poster passed on; a list's filters are handed over */
  onLoad(query) {
    this.vehicleId = query.vehicle_id || '';
    this.poster = /^[0-9a-f]{64}$/.test(query.poster || '') ? String(query.poster) : '';
    this.shareId = query.share_id || '';
    this.filters = handover.take('poster');
    const own = !this.shareId;
    this.setData({ single: launch.isSinglePage(), own });
    events.track('page.viewed', { vehicle_id: this.vehicleId || undefined });
    this.load();
  },

  onUnload() {
    this.isGone = true;
  },

  async load() {
    this.setData({ state: 'loading', drawn: false, picture: '' });
    try {
      if (!this.shareId) this.shareId = (await this.make('code')).id;
      const opening = { visitor_id: session.visitorId(), scene: String(launch.scene()) };
      const opened = await api.get(`/visitor/sharing/${this.shareId}`, opening);
      if (opened.vehicle && !['listed', 'reserved'].includes(opened.vehicle.status.key)) return this.refuse(t.gone);
      if (opened.list && !opened.list.total) return this.refuse(t.nothing);
      if (opened.vehicle) await this.show(opened.vehicle);
      else await this.draw(opened, await this.code());
    } catch (error) {
      this.failed(error);
    }
  },

  /**
   * @param {'friend' | 'code'} channel
   * @returns {Promise<import('../../lib/share').Share>}
   */
  make(channel) {
    if (this.vehicleId) return share.forVehicle(this.vehicleId, channel);
    if (this.filters) return share.forList(this.filters, channel);
    return Promise.reject(new api.ApiError('nothing', t.nothing, { status: 404 }));
  },

  /** A car's poster as the server makes it; for whom it was passed on to, the one that was made. @param {any} car as in a list */
  async show(car) {
    this.vehicleId = car.id;
    this.setData({ state: 'ready', isList: false, alt: fill(t.alt, { title: car.title }) });
    const url = this.data.own ? await this.made() : this.poster ? `/media/posters/${this.poster}.jpg` : car.photo;
    this.setData({ picture: api.absolute(url), drawn: true });
  },

  /** @returns {Promise<string>} the poster's address, once it is made */
  async made() {
    const door = `/customer/shares/${this.shareId}/poster`;
    const deadline = Date.now() + MAKING_MS;
    let told = await api.post(door);
    this.setData({ making: true });
    while (told.status === 'pending' && Date.now() < deadline && !this.isGone) {
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      told = await api.get(door);
    }
    this.setData({ making: false });
    if (told.status !== 'ready') throw new api.ApiError('poster', t.notMade);
    const [, digest] = /([0-9a-f]{64})\.jpg$/.exec(told.url) || [];
    this.poster = digest || '';
    return told.url;
  },

  code() {
    return api.download(`/visitor/sharing/${this.shareId}/code`).catch((error) => {
      throw error.code === 'network' ? error : new api.ApiError('code', t.codeFailed, { status: error.status });
    });
  },

  /** @param {any} error */
  failed(error) {
    if (error.status === 404 || error.status === 410) return this.refuse(error.status === 410 ? t.gone : error.message);
    const { state, failure } = failureOf(error);
    this.setData({ state, message: failure });
  },

  /** @param {string} message */
  refuse(message) {
    this.setData({ state: 'nothing', message });
  },

  /**
   * A list's poster.
   *
   * @param {any} opened the share and what it shows
   * @param {string} code path of the mini-program code's picture
   */
  async draw(opened, code) {
    this.setData({ state: 'ready', isList: true });
    this.canvas = await canvasNode();
    const context = this.canvas.getContext('2d');
    const sheet = composed(opened.list, code, (text, size, weight) => {
      context.font = poster.font({ size, weight });
      return context.measureText(text).width;
    });
    this.setData({ height: sheet.height, alt: fill(t.alt, { title: t.listTitle }) });
    this.canvas.width = sheet.width * SCALE;
    this.canvas.height = sheet.height * SCALE;
    poster.paint(context, sheet, await loaded(this.canvas, poster.pictures(sheet)), SCALE);
    this.setData({ drawn: true });
  },

  async save() {
    if (this.data.saving) return;
    this.setData({ saving: true });
    try {
      const { picture } = this.data;
      const filePath = picture ? await api.fetchFile(picture) : (await wx.canvasToTempFilePath({ canvas: this.canvas, fileType: 'png' })).tempFilePath;
      await wx.saveImageToPhotosAlbum({ filePath });
      events.track('poster.saved', { share_id: this.shareId, vehicle_id: this.vehicleId || undefined });
      prompts.toast(t.saved);
    } catch (error) {
      await this.notSaved(error);
    }
    this.setData({ saving: false });
  },

  /** @param {{errMsg?: string, errno?: number}} error */
  async notSaved({ errMsg = '', errno }) {
    if (/cancel/.test(errMsg)) return; // her own wish
    if (errno === PRIVACY_REFUSED) return prompts.toast(t.needsPrivacy);
    if (!/auth/.test(errMsg)) return prompts.toast(t.failed);
    const { title, text, confirm } = t.refused;
    // WeChat asks only once; after a refusal its settings are the only way.
    if (await prompts.confirm({ title, content: text, confirmText: confirm })) wx.openSetting({});
  },

  /** The way to what the poster shows, for somebody to whom it was passed on. */
  open() {
    if (this.data.isList) wx.reLaunch({ url: `/pages/vehicles/index?share_id=${this.shareId}` });
    else wx.redirectTo({ url: `/pages/vehicles/detail?id=${this.vehicleId}&share_id=${this.shareId}` });
  },

  back() {
    if (getCurrentPages().length > 1) wx.navigateBack();
    else wx.switchTab({ url: '/pages/index/index' });
  },

  onShareAppMessage() {
    events.track('share.tapped', { vehicle_id: this.vehicleId || undefined, channel: 'friend' });
    const path = this.vehicleId ? `/pages/vehicles/detail?id=${this.vehicleId}` : '/pages/vehicles/index';
    return share.message({ title: this.data.alt || brand.name, path }, this.make('friend'));
  },

  /** Moments open this same page, alone: the poster of this share, which needs nobody signed in. */
  onShareTimeline() {
    events.track('share.tapped', { vehicle_id: this.vehicleId || undefined, channel: 'timeline' });
    const made = this.poster ? `&poster=${this.poster}` : '';
    return { title: this.data.alt || brand.name, query: this.shareId ? `share_id=${this.shareId}${made}` : `vehicle_id=${this.vehicleId}` };
  },
});

/**
 * @param {any} car as in a list
 * @returns {import('./poster').Car}
 */
function shown(car) {
  const driven = car.condition.key === 'new' ? '' : format.kilometres(car.odometer_km);
  const color = car.exterior_color && car.exterior_color.label;
  // The year stands in every title.
  return {
    picture: api.onCard(car.photo),
    title: car.title,
    facts: [car.condition.label, driven, color].filter(Boolean).join(' · '),
    price: format.yuan(car.price_fen),
  };
}

/**
 * @param {any} list
 * @param {string} code
 * @param {import('./poster').Measure} measure
 */
function composed(list, code, measure) {
  const frame = { mark: brand.mark, brand: brand.name, code, scan: t.scan, about: t.scanList };
  const cars = list.items.slice(0, SHOWN).map(shown);
  return poster.ofList(frame, { title: t.listTitle, count: fill(t.listCount, { total: format.count(list.total) }), cars }, measure);
}

/** @returns {Promise<any>} the canvas, which is on the page once its data says so */
function canvasNode() {
  return new Promise((resolve) => {
    wx.nextTick(() => {
      wx.createSelectorQuery().select('.poster').fields({ node: true, size: true }).exec(([found]) => resolve(found.node));
    });
  });
}

/**
 * Pictures by address; one that cannot be loaded, or not in time, is left out.
 *
 * @param {any} canvas
 * @param {string[]} sources
 */
async function loaded(canvas, sources) {
  const pictures = new Map();
  const load = (/** @type {string} */ source) =>
    new Promise((resolve) => {
      const picture = canvas.createImage();
      picture.onload = () => resolve(pictures.set(source, picture));
      picture.onerror = resolve;
      setTimeout(resolve, PICTURE_MS);
      picture.src = source;
    });
  await Promise.all([...new Set(sources)].filter(Boolean).map(load));
  return pictures;
}
