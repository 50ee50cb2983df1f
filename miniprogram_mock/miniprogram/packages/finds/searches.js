/** The searches she keeps: what each has found, how often it tells her, and an end to it that can be taken back. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const { texts, fill } = require('../../texts/index');
const { summaryOf } = require('./summary');

const t = texts('finds');
const DOOR = '/customer/saved-searches/';
const FREQUENCIES = /** @type {const} */ (['instant', 'daily', 'weekly']);
/** So long a deleted search can be had back. */
const UNDO_MS = 5000;

/** @param {any} one `SavedSearchOut` of the server */
function row(one) {
  return {
    key: one.id,
    name: one.name,
    summary: summaryOf(one),
    fresh: one.new ? fill(t.searches.fresh, { count: format.count(one.new) }) : '',
    total: fill(t.searches.total, { count: format.count(one.total) }),
    often: one.paused ? t.searches.paused : t.searches.often[/** @type {'daily'} */ (one.frequency)],
    frequency: one.frequency,
    isPaused: one.paused,
    menuLabel: fill(t.searches.menu, { name: one.name }),
  };
}

Page({
  data: { t, state: 'loading', failure: '', items: /** @type {ReturnType<typeof row>[]} */ ([]), undo: '' },

  /** The search that is about to be deleted, and where it stood. */
  deleted: /** @type {{row: any, place: number} | null} */ (null),
  timer: /** @type {any} */ (null),

  onShow() {
    events.track('page.viewed', { name: 'searches' });
    this.load();
  },

  onHide() {
    this.deleteNow();
  },

  onUnload() {
    this.deleteNow();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    await this.deleteNow();
    try {
      this.show((await api.get(DOOR)).items.map(row));
    } catch (error) {
      if (this.data.state === 'ready') prompts.fail(error);
      else this.setData(failureOf(error));
    }
  },

  /** @param {any[]} items */
  show(items) {
    this.setData({ items, state: items.length ? 'ready' : 'empty' });
  },

  retry() {
    if (this.data.state === 'empty') wx.switchTab({ url: '/pages/vehicles/index' });
    else {
      this.setData({ state: 'loading' });
      this.load();
    }
  },

  /** @param {any} event */
  openMatches(event) {
    open(`/packages/finds/matches?id=${event.currentTarget.dataset.key}`);
  },

  /** @param {any} event */
  async openMenu(event) {
    const { key } = event.currentTarget.dataset;
    const search = this.data.items.find((one) => one.key === key);
    if (!search) return;
    const others = FREQUENCIES.filter((one) => search.isPaused || one !== search.frequency);
    const acts = [
      ...others.map((frequency) => ({ text: t.searches.often[frequency], act: () => this.change(key, { frequency, paused: false }) })),
      ...(search.isPaused ? [] : [{ text: t.searches.pause, act: () => this.change(key, { paused: true }) }]),
      { text: t.searches.remove, act: () => this.remove(key) },
    ];
    wx.showActionSheet({ itemList: acts.map(({ text }) => text), success: ({ tapIndex }) => acts[tapIndex].act(), fail: () => {} });
  },

  /**
   * @param {string} key
   * @param {object} change
   */
  async change(key, change) {
    try {
      const changed = row(await api.put(`${DOOR}${key}`, change));
      this.show(this.data.items.map((one) => (one.key === key ? changed : one)));
      prompts.toast(t.searches.changed);
    } catch (error) {
      prompts.fail(error);
    }
  },

  /** It is gone from the screen at once, and from the server when she has let the way back pass. @param {string} key */
  async remove(key) {
    await this.deleteNow();
    const place = this.data.items.findIndex((one) => one.key === key);
    if (place < 0) return;
    this.deleted = { row: this.data.items[place], place };
    this.show(this.data.items.filter((one) => one.key !== key));
    this.setData({ undo: fill(t.searches.removed, { name: this.deleted.row.name }) });
    this.timer = setTimeout(() => this.deleteNow(), UNDO_MS);
  },

  undo() {
    clearTimeout(this.timer);
    if (!this.deleted) return;
    const { row: back, place } = this.deleted;
    this.deleted = null;
    this.setData({ undo: '' });
    this.show([...this.data.items.slice(0, place), back, ...this.data.items.slice(place)]);
  },

  async deleteNow() {
    clearTimeout(this.timer);
    if (!this.deleted) return;
    const { key } = this.deleted.row;
    const { deleted } = this;
    this.deleted = null;
    this.setData({ undo: '' });
    try {
      await api.del(`${DOOR}${key}`);
    } catch (error) {
      // Deleted on another phone it is gone all the same.
      if (error.status === 404) return;
      prompts.fail(error);
      this.show([...this.data.items.slice(0, deleted.place), deleted.row, ...this.data.items.slice(deleted.place)]);
    }
  },
});
