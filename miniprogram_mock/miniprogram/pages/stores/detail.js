/** One store: open now or not, where it is, how to get or call there, what it can do, and the cars that stand there. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const handover = require('../../lib/handover');
const { open } = require('../../lib/navigate');
const place = require('../../lib/place');
const prompts = require('../../lib/prompts');
const { fill, texts } = require('../../texts/index');
const { metresBetween } = require('./distance');
const { status, week } = require('./opening');
const { abilities, markers } = require('./rows');

const t = texts('stores').detail;

/** How many of its cars are shown before the whole list. */
const CARS = 4;

/**
 * @param {any} store
 * @param {number} now milliseconds
 */
function viewOf(store, now) {
  const { kind, lat = 0, lng = 0 } = place.current();
  const { latitude, longitude } = store.navigation;
  const metres = kind === 'here' ? metresBetween({ lat, lng }, { lat: latitude, lng: longitude }) : null;
  return {
    id: store.id,
    name: store.name,
    dealer: store.dealer.name,
    address: store.address,
    phone: store.phone,
    latitude,
    longitude,
    markers: markers([store], 0),
    mapLabel: fill(t.mapLabel, store),
    distance: metres === null ? '' : fill(t.distance, { distance: format.distance(metres) }),
    now: status(store.hours, now),
    week: week(store.hours, now),
    abilities: abilities(store.capabilities),
  };
}

Page({
  data: {
    t,
    words: texts('stores').hours,
    state: 'loading',
    failure: '',
    /** Where a failure leads instead of another try. */
    action: '',
    store: /** @type {any} */ (null),
    cars: /** @type {any[]} */ ([]),
    carsState: 'loading',
    carsCount: '',
    carsAll: '',
    contacting: false,
  },

  id: '',
  told: /** @type {any} */ (null),

  /** @param {{id?: string}} query */
  onLoad({ id = '' }) {
    this.id = id;
    this.load();
  },

  onShow() {
    events.track('page.viewed', { name: 'store', store_id: this.id });
    // Open and closed change while she is away.
    if (this.told) this.setData({ store: viewOf(this.told, Date.now()) });
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    if (this.data.state !== 'ready') this.setData({ state: 'loading' });
    const cars = this.loadCars();
    try {
      this.told = await api.get(`/visitor/stores/${this.id}`);
      this.setData({ state: 'ready', store: viewOf(this.told, Date.now()) });
    } catch (error) {
      if (this.data.state === 'ready') prompts.fail(error);
      else if (error.status === 404) this.setData({ state: 'error', failure: t.missing, action: t.toStores });
      else this.setData({ ...failureOf(error), action: '' });
    }
    await cars;
  },

  async loadCars() {
    try {
      const { items, total } = await api.get('/visitor/vehicles/', { store_id: this.id, limit: CARS, facets: false });
      const carsAll = total > items.length ? fill(t.carsAll, { count: total }) : '';
      this.setData({ cars: items, carsState: 'ready', carsCount: fill(t.carsCount, { count: total }), carsAll });
    } catch {
      if (this.data.carsState !== 'ready') this.setData({ carsState: 'failed' });
    }
  },

  retry() {
    if (this.data.action) wx.redirectTo({ url: '/pages/stores/index' });
    else this.load();
  },

  retryCars() {
    this.setData({ carsState: 'loading' });
    this.loadCars();
  },

  call() {
    events.track('phone_call.tapped', { store_id: this.id });
    // She may decide against it in the phone's own dialog; that is no failure.
    wx.makePhoneCall({ phoneNumber: this.told.phone, fail: () => {} });
  },

  navigate() {
    events.track('navigation.opened', { store_id: this.id });
    wx.openLocation(this.told.navigation);
  },

  contact() {
    events.track('contact.tapped', { store_id: this.id });
    this.setData({ contacting: true });
  },

  stopContacting() {
    this.setData({ contacting: false });
  },

  /** @param {any} event */
  openCar({ detail }) {
    open(`/pages/vehicles/detail?id=${detail.id}`);
  },

  /** The list is a tab, which takes no query. */
  openCars() {
    handover.give('list', { filters: { store_id: this.id } });
    wx.switchTab({ url: '/pages/vehicles/index' });
  },

  onShareAppMessage() {
    events.track('share.tapped', { kind: 'store', channel: 'friend', store_id: this.id });
    return { title: this.told ? this.told.name : texts('common').brand.name, path: `/pages/stores/detail?id=${this.id}` };
  },
});
