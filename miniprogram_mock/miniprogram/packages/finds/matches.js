/** What one of her saved searches has found since she keeps it, the newest first, and the way to all its cars. */

const api = require('../../lib/api');
const events = require('../../lib/events');
const format = require('../../lib/format');
const handover = require('../../lib/handover');
const { open } = require('../../lib/navigate');
const { texts, fill } = require('../../texts/index');
const { listed, paging } = require('./pages');
const { summaryOf } = require('./summary');

const t = texts('finds');
const DOOR = '/customer/saved-searches/';

Page({
  data: { t, common: texts('common').states, ...listed(), name: '', summary: '', all: '' },

  ...paging(),

  door() {
    return `${DOOR}${this.searchId}/matches`;
  },

  searchId: '',
  search: /** @type {any} */ (null),

  /** @param {{id?: string}} query */
  onLoad(query) {
    this.searchId = query.id || '';
    events.track('page.viewed', { name: 'matches' });
    this.loadSearch();
    this.load();
  },

  /** Its name and the number of its cars; without them the cars that it found are seen all the same. */
  async loadSearch() {
    try {
      this.search = await api.get(`${DOOR}${this.searchId}`);
      const { name, total } = this.search;
      wx.setNavigationBarTitle({ title: name });
      this.setData({ name, summary: summaryOf(this.search), all: fill(t.matches.all, { count: format.count(total) }) });
    } catch {
      this.search = null;
    }
  },

  /** What is on the screen now is no news any more. */
  told() {
    api.post(`${DOOR}${this.searchId}/looked`).catch(() => {});
  },

  /** @param {any} one `MatchOut` of the server */
  row(one) {
    const when = fill(t.matches.when, { time: format.dateTime(one.matched_at) });
    return { key: one.vehicle.id, car: one.vehicle, when, isNew: one.is_new, isGone: !one.is_available };
  },

  /** @param {any} event */
  openCar(event) {
    open(`/pages/vehicles/detail?id=${event.detail.id}`);
  },

  /** All its cars, in the list. */
  openAll() {
    if (this.search) handover.give('list', { filters: this.search.filters });
    wx.switchTab({ url: '/pages/vehicles/index' });
  },

  retry() {
    if (this.data.state === 'empty') this.openAll();
    else this.load();
  },
});
