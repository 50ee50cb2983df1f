/** Before she pays: the car, what the deposit means, what she agrees to, and one button that reserves and pays. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const subscribe = require('../../lib/subscribe');
const { fill, texts } = require('../../texts/index');
const consents = require('../../components/agreement/consents');
const paying = require('../../pages/orders/paying');
const waiting = require('../../pages/orders/waiting');
const { Attempt, isUndecided } = require('./attempt');
const { ownOrder, refusalOf } = require('./refusals');
const { termsView } = require('./terms-view');

const t = texts('reserve');

/** How often a request that is still being answered is repeated, and the pause in between. */
const REPEATS = 6;
const REPEAT_MS = 1500;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {any} car as its own page tells it */
const carView = (car) => ({
  id: car.id,
  title: car.title,
  photo: car.photos.length ? car.photos[0].url : '',
  alt: car.photos.length ? car.photos[0].alt : car.title,
  price: format.yuan(car.price.price_fen),
  store: `${car.store.name} · ${car.store.city}`,
});

Page({
  data: {
    t: t.confirm,
    words: t.refused.notOnSale,
    state: 'loading',
    failure: '',
    car: /** @type {any} */ (null),
    terms: /** @type {any} */ (null),
    agreed: false,
    /** That it is 定金, agreed to apart. */
    agreedToEarnest: false,
    /** Until when nobody else can reserve it, when she waited for it and it is her turn. */
    offered: '',
    agreement: { missing: 'unknown', ticked: /** @type {import('../../components/agreement/consents').Purpose[]} */ ([]) },
    askAgain: 0,
    nudge: '',
    notice: '',
    reading: false,
    stage: '',
    refusal: /** @type {any} */ (null),
  },

  /** @param {{vehicle_id?: string}} query */
  onLoad({ vehicle_id = '' }) {
    this.vehicleId = vehicle_id;
    this.attempt = new Attempt();
    events.track('page.viewed', { vehicle_id });
    subscribe.look();
    this.load();
  },

  vehicleId: '',
  attempt: /** @type {Attempt} */ (/** @type {any} */ (null)),

  async load() {
    this.setData({ state: 'loading', refusal: null });
    try {
      await session.ensure();
      const [car, terms] = await Promise.all([api.get(`/visitor/vehicles/${this.vehicleId}`), this.terms()]);
      const place = car.reservable ? null : await waiting.placeFor(this.vehicleId);
      const offered = place && place.can_reserve && place.offered_until ? fill(t.confirm.offered, { time: format.dateTime(place.offered_until).slice(-5) }) : '';
      // What she ticked was the version that stood there.
      const isSame = Boolean(this.data.terms) && this.data.terms.version === terms.version;
      const { agreed, agreedToEarnest } = this.data;
      this.setData({ car: carView(car), terms, offered, agreed: isSame && agreed, agreedToEarnest: isSame && agreedToEarnest, state: 'ready' });
      if (!car.reservable && !offered) this.refuse(await this.whyNot(car));
    } catch (error) {
      const refusal = refusalOf(error, []);
      if (refusal) this.refuse(refusal);
      else this.setData(failureOf(error));
    }
  },

  /** The terms in force for this car. */
  async terms() {
    return termsView(await api.get('/visitor/orders/terms', { vehicle_id: this.vehicleId }));
  },

  /** @param {any} car that cannot be reserved now, perhaps because she has it already */
  async whyNot(car) {
    const { items } = await api.get('/customer/orders/', { limit: 10 });
    return ownOrder(items, car.id) || refusalOf({ code: 'orders.not_on_sale' }, car.similar);
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  /** @param {any} refusal */
  refuse(refusal) {
    this.setData({ refusal, state: 'ready', stage: '' });
  },

  /** @param {any} event */
  agreeToTerms({ detail }) {
    this.setData({ agreed: detail.checked, nudge: detail.checked && this.data.nudge === 'terms' ? '' : this.data.nudge });
  },

  /** @param {any} event */
  agreeToEarnest({ detail }) {
    this.setData({ agreedToEarnest: detail.checked, nudge: detail.checked && this.data.nudge === 'earnest' ? '' : this.data.nudge });
  },

  /** @param {any} event */
  agreementChanged({ detail }) {
    this.setData({ agreement: detail, nudge: detail.missing === this.data.nudge ? this.data.nudge : '' });
  },

  /** @param {any} event */
  agreementNudged({ detail }) {
    this.setData({ nudge: detail.missing });
  },

  readTerms() {
    this.setData({ reading: true });
  },

  stopReading() {
    this.setData({ reading: false });
  },

  agreeInSheet() {
    this.setData({ reading: false, agreed: true, nudge: '' });
  },

  /** What keeps her from paying, and the words for it; null when nothing does. */
  missing() {
    const { terms, agreed, agreedToEarnest } = this.data;
    if (terms.earnest && !agreedToEarnest) return { what: 'earnest', words: t.confirm.earnest.missing };
    if (!agreed) return { what: 'terms', words: terms.missing };
    const what = this.data.agreement.missing;
    const words = /** @type {Record<string, string>} */ (texts('privacy').agreement.missing)[what];
    return what ? { what, words: words || texts('privacy').agreement.failed } : null;
  },

  async submit() {
    if (this.data.stage) return;
    const missing = this.missing();
    if (missing) {
      this.setData({ nudge: missing.what });
      wx.pageScrollTo({ selector: missing.what === 'earnest' ? '.earnest' : '.consents', duration: 300 });
      prompts.toast(missing.words);
      return;
    }
    this.setData({ stage: 'submitting', notice: '', nudge: '' });
    try {
      await consents.give(this.data.agreement.ticked);
      const { order, payment } = await this.reserve();
      await this.pay(order, payment);
    } catch (error) {
      await this.refused(error);
    }
  },

  /** Reserves with this try's key; while the server is still at it, asks again with the same one. */
  async reserve() {
    const body = { vehicle_id: this.vehicleId, terms_version: this.data.terms.version };
    const idempotencyKey = this.attempt.keyFor(body);
    for (let again = 0; ; again += 1) {
      try {
        return await api.post('/customer/orders/', body, { idempotencyKey });
      } catch (error) {
        if (error.code !== 'idempotency.in_progress' || again >= REPEATS) throw error;
        await pause(REPEAT_MS);
      }
    }
  },

  /**
   * @param {any} order
   * @param {any} payment null when it was paid already
   */
  async pay(order, payment) {
    this.setData({ stage: 'paying' });
    const told = payment ? await paying.request(order.id, payment) : 'paid';
    wx.redirectTo({ url: `/packages/reserve/result?id=${order.id}&told=${told}` });
  },

  /** @param {any} error */
  async refused(error) {
    if (isUndecided(error)) {
      this.setData({ stage: '', notice: error.code === 'network' ? t.refused.unsure : failureOf(error).failure });
      return;
    }
    this.attempt.over();
    if (error.code === 'orders.terms_changed') return this.showNewTerms();
    const similar = error.code === 'orders.not_on_sale' ? await this.similar() : [];
    const refusal = refusalOf(error, similar);
    if (refusal) return this.refuse(refusal);
    this.setData({ stage: '', notice: error.message });
    if (error.code === 'orders.phone_needed') await this.askForNumber();
    return undefined;
  },

  /** The phone thought that a number is bound, the server knows of none. */
  async askForNumber() {
    await session.refresh().catch(() => {});
    this.setData({ askAgain: this.data.askAgain + 1 });
  },

  async similar() {
    try {
      return (await api.get(`/visitor/vehicles/${this.vehicleId}`)).similar;
    } catch {
      return [];
    }
  },

  /** The terms that she accepted are not in force any more: she reads the new ones and agrees again, or leaves. */
  async showNewTerms() {
    try {
      const terms = await this.terms();
      this.setData({ terms, notice: terms.changed, agreed: false, agreedToEarnest: false, nudge: 'terms', reading: true, stage: '' });
    } catch (error) {
      this.setData({ stage: '', notice: failureOf(error).failure });
    }
  },

  /** @param {any} event */
  openCar({ detail }) {
    wx.redirectTo({ url: `/pages/vehicles/detail?id=${detail.id}` });
  },

  /** Where the refusal leads: an order, the stores, the list of cars, or another look. */
  follow() {
    const { refusal } = this.data;
    if (refusal.url) wx.redirectTo({ url: refusal.url });
    else if (refusal.tab) wx.switchTab({ url: refusal.tab });
    else this.load();
  },
});
