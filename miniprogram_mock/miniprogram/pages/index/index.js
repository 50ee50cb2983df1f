/** Home: where she is, what there is, what we would show her first. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const handover = require('../../lib/handover');
const { open } = require('../../lib/navigate');
const place = require('../../lib/place');
const prompts = require('../../lib/prompts');
const recent = require('../../lib/recent');
const share = require('../../lib/share');
const { texts, fill } = require('../../texts/index');
const view = require('./view');

const RECOMMENDED = 6;
const STORES = 3;

const t = texts('home');

Page({
  data: {
    t,
    brand: texts('common').brand,
    bar: { top: 0, height: 44 },
    state: 'loading',
    failure: '',
    isSearching: false,
    placeText: '',
    placeLabel: '',
    heroText: '',
    total: '',
    all: '',
    empty: '',
    /** @type {any[]} */ series: [],
    /** @type {any} */ first: null,
    /** @type {any[]} */ cars: [],
    /** @type {any[]} */ stores: [],
    storesTitle: '',
    /** @type {any[]} */ recent: [],
  },

  /** The place that the cars on the screen were searched from. */
  shownPlace: '',

  onLoad() {
    const capsule = wx.getMenuButtonBoundingClientRect();
    const { statusBarHeight } = wx.getWindowInfo();
    // The word mark stands in one line with WeChat's capsule.
    this.setData({ bar: { top: capsule.top || statusBarHeight, height: capsule.height || 32 } });
    this.namePlace(null);
    this.load();
  },

  async onShow() {
    events.track('page.viewed', { name: 'home' });
    this.setData({ recent: recent.all() });
    this.follow();
    await place.refresh();
    this.follow();
  },

  /** Asks anew when she is elsewhere than what is on the screen. */
  follow() {
    if (this.shownPlace !== JSON.stringify(place.query())) this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    const from = place.query();
    this.shownPlace = JSON.stringify(from);
    if (this.data.state !== 'ready') this.setData({ state: 'loading' });
    try {
      const search = { ...from, sort: 'recommended', limit: RECOMMENDED };
      const [found, stores] = await Promise.all([
        api.get('/visitor/vehicles/', search),
        api.get('/visitor/stores/', { ...from, limit: STORES }),
      ]);
      if (this.shownPlace === JSON.stringify(from)) this.show(found, stores.items);
    } catch (error) {
      if (this.data.state === 'ready') prompts.fail(error);
      else this.setData(failureOf(error));
    }
  },

  /**
   * @param {any} found
   * @param {any[]} stores
   */
  show(found, stores) {
    const count = format.count(found.total);
    this.namePlace(found.place && found.place.city);
    this.setData({
      state: 'ready',
      total: count,
      all: fill(t.recommended.all, { count }),
      empty: found.total ? '' : fill(t.recommended.empty, { place: place.current().city || '' }),
      series: view.series((found.facets || {}).series || []),
      first: found.items.length ? view.first(found.items[0]) : null,
      cars: found.items.slice(1),
      stores: view.storeRows(stores),
      storesTitle: view.storesTitle(place.current()),
    });
  },

  /** @param {string | null} nearest */
  namePlace(nearest) {
    const lines = view.placeLines(place.current(), nearest);
    this.setData({
      placeText: lines.place,
      placeLabel: fill(t.place.label, { place: lines.place }),
      heroText: lines.hero,
    });
  },

  /** @param {any} event */
  search(event) {
    const { q } = event.detail;
    this.openList({ filters: q ? { q } : {} });
  },

  /** One of the suggestions. @param {any} event */
  choose(event) {
    this.openList({ filters: event.detail.filters });
  },

  /** While the field suggests, the page behind it stands still. @param {any} event */
  searching(event) {
    this.setData({ isSearching: event.detail.isOpen });
  },

  /** @param {any} event */
  openSeries(event) {
    this.openList({ filters: { series: [event.currentTarget.dataset.key] } });
  },

  openAll() {
    this.openList({ filters: {}, sort: 'recommended' });
  },

  openCountry() {
    place.clear();
    this.load();
  },

  /** The list is a tab, which takes no query. @param {{filters: object, sort?: string}} wanted */
  openList(wanted) {
    handover.give('list', wanted);
    wx.switchTab({ url: '/pages/vehicles/index' });
  },

  openCity() {
    open('/pages/city/index');
  },

  /** @param {any} event */
  openCar(event) {
    open(`/pages/vehicles/detail?id=${event.detail.id}`);
  },

  openFirst() {
    open(`/pages/vehicles/detail?id=${this.data.first.id}`);
  },

  /** @param {any} event */
  openStore(event) {
    open(`/pages/stores/detail?id=${event.currentTarget.dataset.id}`);
  },

  openStores() {
    open('/pages/stores/index');
  },

  async clearRecent() {
    if (!(await prompts.confirm({ title: t.recent.asked }))) return;
    recent.clear();
    this.setData({ recent: [] });
  },

  onShareAppMessage() {
    events.track('share.tapped', { kind: 'list', channel: 'friend' });
    const fallback = { title: this.data.brand.name, path: '/pages/index/index' };
    return share.message(fallback, share.forList({}, 'friend'));
  },
});
