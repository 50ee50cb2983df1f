/** The stores: nearest first when she says where she is, else by city; as a list or on a map. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const { open } = require('../../lib/navigate');
const place = require('../../lib/place');
const prompts = require('../../lib/prompts');
const { fill, texts } = require('../../texts/index');
const { markers, points, row } = require('./rows');

const t = texts('stores').list;

/** More than any brand has in one answer of the server. */
const MOST = 100;
/** On the map of one store: streets; the other maps fit what they show. */
const CLOSE = 14;

Page({
  data: {
    t,
    agreement: texts('privacy').consents.location.act,
    state: 'loading',
    failure: '',
    mode: 'list',
    cities: [t.allCities],
    cityIndex: 0,
    cityLabel: '',
    count: '',
    isNear: false,
    isRefused: false,
    isLocating: false,
    rows: /** @type {ReturnType<typeof row>[]} */ ([]),
    markers: /** @type {any[]} */ ([]),
    points: /** @type {any[]} */ ([]),
    centre: { latitude: 35, longitude: 105 },
    scale: CLOSE,
    selected: -1,
  },

  stores: /** @type {any[]} */ ([]),
  /** The city she filters by; empty for all. */
  city: '',
  asked: 0,

  onLoad() {
    const { kind, city } = place.current();
    if (kind === 'city') this.city = city || '';
    this.load();
  },

  onShow() {
    events.track('page.viewed', { name: 'stores' });
    // She may have been to WeChat's settings and allowed her place.
    if (this.data.isRefused) this.lookForPermission();
    // Open and closed change while she is away.
    if (this.stores.length) this.setData({ rows: this.stores.map((store) => row(store)) });
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    this.asked += 1;
    const { asked } = this;
    const { kind } = place.current();
    const from = { ...(kind === 'here' ? place.query() : {}), ...(this.city ? { city: this.city } : {}) };
    if (this.data.state !== 'ready') this.setData({ state: 'loading' });
    try {
      const found = await api.get('/visitor/stores/', { ...from, limit: MOST });
      if (asked === this.asked) this.show(found, kind === 'here');
    } catch (error) {
      if (asked !== this.asked) return;
      if (this.data.state === 'ready') prompts.fail(error);
      else this.setData(failureOf(error));
    }
  },

  /**
   * @param {{items: any[], cities: string[]}} found
   * @param {boolean} isNear
   */
  show({ items, cities }, isNear) {
    this.stores = items;
    const named = this.city || t.allCities;
    this.setData({
      state: items.length ? 'ready' : 'empty',
      failure: items.length ? '' : fill(t.empty.text, { city: this.city }),
      cities: [t.allCities, ...cities],
      cityIndex: cities.indexOf(this.city) + 1,
      cityLabel: fill(t.city, { city: named }),
      count: fill(t.count, { count: items.length }),
      isNear,
      rows: items.map((store) => row(store)),
      points: points(items),
      centre: items.length ? points(items)[0] : this.data.centre,
    });
    this.select(-1);
  },

  retry() {
    if (this.data.state === 'empty') this.city = '';
    this.setData({ state: 'loading' });
    this.load();
  },

  /** @param {any} event */
  chooseCity({ detail }) {
    const index = Number(detail.value);
    this.city = index ? this.data.cities[index] : '';
    this.load();
  },

  async locate() {
    if (this.data.isLocating) return;
    this.setData({ isLocating: true });
    try {
      await place.locate();
      this.setData({ isRefused: false });
      await this.load();
    } catch (error) {
      if (error.code === 'refused') this.setData({ isRefused: true });
      else prompts.fail(error);
    }
    this.setData({ isLocating: false });
  },

  async openSettings() {
    await wx.openSetting().catch(() => {});
    this.lookForPermission();
  },

  lookForPermission() {
    wx.getSetting({
      success: ({ authSetting }) => {
        if (authSetting['scope.userLocation']) this.locate();
      },
    });
  },

  showList() {
    this.setData({ mode: 'list' });
  },

  showMap() {
    this.setData({ mode: 'map' });
  },

  /** @param {any} event */
  pick({ detail }) {
    this.select(Number(detail.markerId));
  },

  /** A tap beside the markers. */
  unpick() {
    if (this.data.selected >= 0) this.select(-1);
  },

  /** @param {number} selected */
  select(selected) {
    this.setData({ selected, markers: markers(this.stores, selected) });
  },

  /** @param {any} event */
  open(event) {
    open(`/pages/stores/detail?id=${event.currentTarget.dataset.id}`);
  },
});
