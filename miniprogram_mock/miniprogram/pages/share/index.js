/** The poster of a car or of a list, with the mini-program code of a share: made by her, saved to her album; others see it as it is. */

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
/** WeChat's errno when she did not agree to the privacy guide. */
const PRIVACY_REFUSED = 104;

Page({
  data: { t, state: 'loading', message: '', alt: '', height: 1000, drawn: false, saving: false, single: false, own: false, isList: false },

  vehicleId: '',
  filters: /** @type {Record<string, any> | undefined} */ (undefined),
  shareId: '',
  canvas: /** @type {any} */ (null),

  /** @param {{vehicle_id?: string, share_id?: string}} query a car, or a poster that somebody passed on; a list's filters are handed over */
  onLoad(query) {
    this.vehicleId = query.vehicle_id || '';
    this.shareId = query.share_id || '';
    this.filters = handover.take('poster');
    const own = !this.shareId;
    this.setData({ single: launch.isSinglePage(), own });
    events.track('page.viewed', { vehicle_id: this.vehicleId || undefined });
    this.load();
  },

  async load() {
    this.setData({ state: 'loading', drawn: false });
    try {
      if (!this.shareId) this.shareId = (await this.make('code')).id;
      const opening = { visitor_id: session.visitorId(), scene: String(launch.scene()) };
      const opened = await api.get(`/visitor/sharing/${this.shareId}`, opening);
      if (opened.vehicle && !['listed', 'reserved'].includes(opened.vehicle.status.key)) return this.refuse(t.gone);
      if (opened.list && !opened.list.total) return this.refuse(t.nothing);
      const code = await this.code();
      await this.draw(opened, code);
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
   * @param {any} opened the share and what it shows
   * @param {string} code path of the mini-program code's picture
   */
  async draw(opened, code) {
    if (opened.vehicle) this.vehicleId = opened.vehicle.id;
    this.setData({ state: 'ready', isList: !opened.vehicle });
    this.canvas = await canvasNode();
    const context = this.canvas.getContext('2d');
    const sheet = composed(opened, code, (text, size, weight) => {
      context.font = poster.font({ size, weight });
      return context.measureText(text).width;
    });
    this.setData({ height: sheet.height, alt: fill(t.alt, { title: opened.vehicle ? opened.vehicle.title : t.listTitle }) });
    this.canvas.width = sheet.width * SCALE;
    this.canvas.height = sheet.height * SCALE;
    poster.paint(context, sheet, await loaded(this.canvas, poster.pictures(sheet)), SCALE);
    this.setData({ drawn: true });
  },

  async save() {
    if (this.data.saving) return;
    this.setData({ saving: true });
    try {
      const { tempFilePath } = await wx.canvasToTempFilePath({ canvas: this.canvas, fileType: 'png' });
      await wx.saveImageToPhotosAlbum({ filePath: tempFilePath });
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
    return { title: this.data.alt || brand.name, query: this.shareId ? `share_id=${this.shareId}` : `vehicle_id=${this.vehicleId}` };
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
    picture: api.raster(car.photo),
    title: car.title,
    facts: [car.condition.label, driven, color].filter(Boolean).join(' · '),
    price: format.yuan(car.price_fen),
    place: fill(t.place, { city: car.store.city, store: car.store.name }),
  };
}

/**
 * @param {any} opened
 * @param {string} code
 * @param {import('./poster').Measure} measure
 */
function composed({ vehicle, list }, code, measure) {
  const frame = { mark: brand.mark, brand: brand.name, code, scan: t.scan, about: vehicle ? t.scanCar : t.scanList };
  if (vehicle) return poster.ofCar(frame, shown(vehicle), measure);
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
