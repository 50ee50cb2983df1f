/** Up to four cars side by side: what differs stands out, what is not known is a dash. */

const api = require('../../lib/api');
const compare = require('../../lib/compare');
const config = require('../../config');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const launch = require('../../lib/launch');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const { texts } = require('../../texts/index');
const { heads, table } = require('./table');

const t = texts('finds');

Page({
  data: {
    t,
    state: 'loading',
    failure: '',
    /** @type {ReturnType<heads>} */ cars: [],
    /** @type {ReturnType<table>} */ groups: [],
    onlyDifferent: false,
    canAdd: false,
    single: false,
  },

  /** Cars that somebody else chose: named by the address, not kept on this phone. */
  given: /** @type {string[]} */ ([]),
  told: /** @type {any} */ (null),
  turn: 0,

  /** @param {{ids?: string}} query */
  onLoad(query) {
    this.given = query.ids ? query.ids.split(',').slice(0, config.comparedCars) : [];
    this.setData({ single: launch.isSinglePage() });
  },

  onShow() {
    events.track('page.viewed', { name: 'compare' });
    this.load();
  },

  ids() {
    return this.given.length ? this.given : compare.all().map(({ id }) => id);
  },

  async load() {
    const turn = ++this.turn;
    const ids = this.ids();
    if (!ids.length) return this.setData({ state: 'empty', cars: [], groups: [] });
    try {
      const told = await api.get('/visitor/vehicles/compare', { ids });
      if (turn !== this.turn) return undefined;
      this.told = told;
      this.draw();
    } catch (error) {
      if (turn !== this.turn) return undefined;
      if (error.status === 404) return this.without(error.details.ids || ids);
      if (this.data.state === 'ready') prompts.fail(error);
      else this.setData(failureOf(error));
    }
    return undefined;
  },

  /** Cars that were never on sale, or are another brand's: nobody can compare them. @param {string[]} unknown */
  without(unknown) {
    unknown.forEach((id) => compare.remove(id));
    this.given = this.given.filter((/** @type {string} */ id) => !unknown.includes(id));
    prompts.toast(t.compare.gone);
    return this.load();
  },

  draw() {
    const { vehicles, groups } = this.told;
    this.setData({
      state: vehicles.length ? 'ready' : 'empty',
      cars: heads(vehicles),
      groups: table(groups, this.data.onlyDifferent && vehicles.length > 1),
      canAdd: !this.given.length && vehicles.length < config.comparedCars,
    });
  },

  retry() {
    if (this.data.state === 'empty') return this.browse();
    this.setData({ state: 'loading' });
    return this.load();
  },

  toggleDifferent() {
    this.setData({ onlyDifferent: !this.data.onlyDifferent });
    this.draw();
  },

  /** @param {any} event */
  remove(event) {
    const { id } = event.currentTarget.dataset;
    if (this.given.length) this.given = this.given.filter((/** @type {string} */ one) => one !== id);
    else compare.remove(id);
    if (!this.ids().length) return this.setData({ state: 'empty', cars: [], groups: [] });
    return this.load();
  },

  browse() {
    wx.switchTab({ url: '/pages/vehicles/index' });
  },

  /** @param {any} event */
  openCar(event) {
    if (this.data.single) return prompts.toast(texts('common').errors.single_page);
    return open(`/pages/vehicles/detail?id=${event.currentTarget.dataset.id}`);
  },

  onShareAppMessage() {
    events.track('share.tapped', { kind: 'compare', channel: 'friend' });
    return { title: t.compare.share, path: `/packages/finds/compare?ids=${this.ids().join(',')}` };
  },
});
