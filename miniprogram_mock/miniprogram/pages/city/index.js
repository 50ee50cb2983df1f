/** She says where she is: her own place, a city that has a store, or nowhere. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const place = require('../../lib/place');
const prompts = require('../../lib/prompts');
const { texts, fill } = require('../../texts/index');
const { ranked, rows } = require('./cities');

const t = texts('city');

Page({
  data: {
    t,
    agreement: texts('privacy').consents.location.act,
    state: 'loading',
    failure: '',
    q: '',
    kind: 'none',
    isLocating: false,
    /** She was asked and said no; WeChat does not ask again by itself. */
    isRefused: false,
    /** @type {any[]} */ rows: [],
    nothing: '',
    /** What is offered to her of it. */
    guessed: '',
    guessedText: '',
  },

  /** @type {import('./cities').City[]} */
  cities: [],
  /** The city that her network seems to be in. */
  guessed: '',

  onLoad() {
    this.setData({ kind: place.current().kind });
    this.lookForRefusal();
    this.load();
    if (place.current().kind !== 'here') this.guess();
  },

  async guess() {
    this.guessed = await place.guess();
    this.offer();
  },

  /** Not a city without a store, nor the one she chose already. */
  offer() {
    const isNews = this.guessed !== place.current().city && this.cities.some(({ name }) => name === this.guessed);
    const guessed = isNews ? this.guessed : '';
    this.setData({ guessed, guessedText: fill(t.guessed.title, { city: guessed }) });
  },

  async load() {
    this.setData({ state: 'loading' });
    try {
      const [stores, cars] = await Promise.all([
        api.get('/visitor/stores/', { limit: 1 }),
        api.get('/visitor/vehicles/', { limit: 1 }),
      ]);
      // Busy, the server leaves the counts out.
      this.cities = ranked(stores.cities, cars.facets && cars.facets.city);
      this.setData({ state: this.cities.length ? 'ready' : 'empty', failure: this.cities.length ? '' : t.empty });
      this.arrange(this.data.q);
      this.offer();
    } catch (error) {
      this.setData(failureOf(error));
    }
  },

  /** @param {string} q */
  arrange(q) {
    const { kind, city } = place.current();
    const found = rows(this.cities, q, kind === 'city' ? city : undefined);
    this.setData({ rows: found, nothing: found.length ? '' : fill(t.nothing, { q: q.trim() }) });
  },

  /** @param {any} event */
  typed(event) {
    this.arrange(event.detail.value);
  },

  clearSearch() {
    this.setData({ q: '' });
    this.arrange('');
  },

  /** Refusing the privacy terms only means not now: WeChat asks again at the next tap. Refusing the permission it remembers. */
  async lookForRefusal() {
    const { authSetting } = await wx.getSetting();
    this.setData({ isRefused: authSetting['scope.userLocation'] === false });
  },

  async useHere() {
    if (this.data.isLocating) return;
    this.setData({ isLocating: true });
    try {
      await place.locate();
      wx.navigateBack();
    } catch (error) {
      await this.lookForRefusal();
      if (!this.data.isRefused) prompts.fail(error);
    } finally {
      this.setData({ isLocating: false });
    }
  },

  openSettings() {
    wx.openSetting({
      success: ({ authSetting }) => {
        const isAllowed = authSetting['scope.userLocation'] === true;
        this.setData({ isRefused: !isAllowed });
        if (isAllowed) this.useHere();
        else prompts.toast(t.refused.still);
      },
    });
  },

  /** @param {any} event */
  choose(event) {
    place.choose(event.currentTarget.dataset.city);
    wx.navigateBack();
  },

  chooseCountry() {
    place.clear();
    wx.navigateBack();
  },
});
