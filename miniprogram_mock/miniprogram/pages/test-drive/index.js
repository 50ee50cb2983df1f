/** She wishes to drive a car: when it would suit her becomes a message to the dealer's adviser, who calls to fix the time. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const subscribe = require('../../lib/subscribe');
const { fill, texts } = require('../../texts/index');
const consents = require('../../components/agreement/consents');
const opening = require('../stores/opening');
const { brief, longestNote, message } = require('./wish');

const t = texts('testdrive');
const { agreement } = texts('privacy');

/** @param {Record<string, string>} named */
const choices = (named) => Object.entries(named).map(([key, label]) => ({ key, label }));

Page({
  data: {
    t,
    state: 'loading',
    message: '',
    car: /** @type {any} */ (null),
    days: choices(t.days),
    parts: choices(t.parts),
    day: /** @type {import('./wish').Wish['day']} */ ('any'),
    part: /** @type {import('./wish').Wish['part']} */ ('any'),
    note: '',
    noteMost: longestNote(),
    missing: /** @type {'' | 'unknown' | keyof typeof agreement.missing} */ ('unknown'),
    ticked: /** @type {any[]} */ ([]),
    nudge: '',
    sending: false,
    done: /** @type {any} */ (null),
  },

  vehicleId: '',
  /** Whether WeChat has asked her about messages. */
  isAsked: false,

  /** @param {{vehicle_id?: string}} query */
  onLoad(query) {
    this.vehicleId = query.vehicle_id || '';
    events.track('page.viewed', { vehicle_id: this.vehicleId });
    subscribe.look();
    this.load();
  },

  async load() {
    this.setData({ state: 'loading' });
    try {
      const car = await api.get(`/visitor/vehicles/${this.vehicleId}`);
      this.setData({ state: car.store.capabilities.includes('test_drive') ? 'ready' : 'refused', message: t.notOffered, car: shown(car) });
    } catch (error) {
      if (error.status === 410) this.setData({ state: 'refused', message: t.gone });
      else if (error.status === 404) this.setData({ state: 'refused', message: error.message });
      else {
        const { state, failure } = failureOf(error);
        this.setData({ state, message: failure });
      }
    }
  },

  /** @param {any} event */
  choose(event) {
    const { of, key } = event.currentTarget.dataset;
    this.setData(of === 'day' ? { day: key } : { part: key });
  },

  /** @param {any} event what the agreement still misses */
  agreed({ detail }) {
    this.setData({ missing: detail.missing, ticked: detail.ticked, nudge: '' });
  },

  /** @param {any} event */
  nudged({ detail }) {
    this.setData({ nudge: detail.missing });
  },

  async submit() {
    const { missing, sending } = this.data;
    if (sending) return;
    if (missing) {
      this.setData({ nudge: missing });
      prompts.toast(missing === 'unknown' ? agreement.failed : agreement.missing[missing]);
      return;
    }
    // First of all, because WeChat shows its question only in the tap itself; and once, however often sending fails.
    const answered = this.isAsked ? null : subscribe.ask('appointment');
    this.isAsked = true;
    this.setData({ sending: true });
    await answered;
    await this.send();
    this.setData({ sending: false });
  },

  async send() {
    const { ticked, day, part, note } = this.data;
    try {
      await consents.give(ticked);
      const lead = await api.post('/customer/leads/', { vehicle_id: this.vehicleId, message: message({ day, part, note }) });
      this.setData({ done: this.told(lead) });
      wx.pageScrollTo({ scrollTop: 0, duration: 0 });
    } catch (error) {
      prompts.fail(error);
    }
  },

  /**
   * What she may expect now.
   *
   * @param {{dealer: {name: string}, adviser: {name: string} | null}} lead
   */
  told({ dealer, adviser }) {
    const phone = (session.customer() || { phone_masked: '' }).phone_masked;
    const { day, part } = this.data;
    return {
      text: fill(adviser ? t.done.adviser : t.done.dealer, { dealer: dealer.name, adviser: adviser && adviser.name, phone }),
      wish: brief({ day, part }),
    };
  },

  back() {
    if (getCurrentPages().length > 1) wx.navigateBack();
    else wx.redirectTo({ url: `/pages/vehicles/detail?id=${this.vehicleId}` });
  },
});

/** @param {any} car `DetailOut` of the server */
function shown(car) {
  const { label, text } = opening.status(car.store.hours);
  return {
    title: car.title,
    price: format.yuan(car.price.price_fen),
    photo: car.photos.length ? car.photos[0].url : '',
    store: car.store.name,
    opening: [label, text].filter(Boolean).join(' · '),
  };
}
