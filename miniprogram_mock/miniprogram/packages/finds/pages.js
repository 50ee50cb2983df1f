/** A list by pages, as most pages of this package are: first page, further ones, and what becomes of them when the network is away. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const prompts = require('../../lib/prompts');

/** What the page of a list starts with. */
const listed = () => ({ state: 'loading', failure: '', items: /** @type {any[]} */ ([]), tail: '' });

/**
 * What a page needs to show a list of the server's, to be spread into it. The page says where it is asked for, `door()`, and how a row
 * looks, `row(item)`.
 */
const paging = () => ({
  cursor: /** @type {string | null} */ (null),
  /** Counts the first pages: an answer to an older one is passed over. */
  turn: 0,

  /** The first page anew; what is on the screen stays until it is there. @this {any} */
  async load() {
    const turn = ++this.turn;
    if (this.data.state !== 'ready') this.setData({ state: 'loading' });
    try {
      const told = await api.get(this.door());
      if (turn !== this.turn) return;
      this.cursor = told.next_cursor;
      const items = told.items.map((/** @type {any} */ one) => this.row(one));
      this.setData({ state: items.length ? 'ready' : 'empty', items, tail: told.next_cursor ? 'more' : '' });
      if (this.told) this.told(told);
    } catch (error) {
      if (turn !== this.turn) return;
      if (this.data.state === 'ready') prompts.fail(error);
      else this.setData(failureOf(error));
    }
  },

  /** @this {any} */
  async more() {
    if (!this.cursor || this.data.tail === 'loading') return;
    const { turn, cursor } = this;
    this.setData({ tail: 'loading' });
    try {
      const told = await api.get(this.door(), { cursor });
      if (turn !== this.turn) return;
      this.cursor = told.next_cursor;
      const seen = new Set(this.data.items.map((/** @type {any} */ one) => one.key));
      const next = told.items.map((/** @type {any} */ one) => this.row(one)).filter((/** @type {any} */ one) => !seen.has(one.key));
      this.setData({ items: [...this.data.items, ...next], tail: told.next_cursor ? 'more' : '' });
    } catch {
      if (turn === this.turn) this.setData({ tail: 'failed' });
    }
  },

  /** @this {any} */
  onReachBottom() {
    if (this.data.tail === 'more') this.more();
  },

  /** @this {any} */
  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  /** Takes a row away from the screen. @this {any} @param {string} key */
  drop(key) {
    const items = this.data.items.filter((/** @type {any} */ one) => one.key !== key);
    this.setData({ items, state: items.length ? 'ready' : 'empty' });
  },
});

module.exports = { listed, paging };
