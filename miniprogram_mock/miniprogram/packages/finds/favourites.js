/** The cars she likes, those that were sold too: with what became of their prices since. */

const events = require('../../lib/events');
const favourites = require('../../lib/favourites');
const format = require('../../lib/format');
const { open } = require('../../lib/navigate');
const { texts, fill } = require('../../texts/index');
const { listed, paging } = require('./pages');

const t = texts('finds');

Page({
  data: { t, common: texts('common').states, ...listed(), total: '' },

  ...paging(),

  door() {
    return '/customer/favourites/';
  },

  stopListening: () => {},

  onLoad() {
    this.stopListening = favourites.onChange(() => this.follow());
  },

  onShow() {
    events.track('page.viewed', { name: 'favourites' });
    this.load();
  },

  onUnload() {
    this.stopListening();
  },

  /** @param {any} one `FavouriteOut` of the server */
  row(one) {
    return { key: one.vehicle.id, car: one.vehicle, note: one.note || '', hint: one.hint || '', isGone: !one.is_available };
  },

  /** @param {any} answer */
  told({ total }) {
    this.setData({ total: fill(t.favourites.total, { count: format.count(total) }) });
  },

  /** A heart that was taken back takes its row along. */
  follow() {
    for (const { key } of this.data.items) if (!favourites.has(key)) this.drop(key);
  },

  /** @param {any} event */
  openCar(event) {
    open(`/pages/vehicles/detail?id=${event.detail.id}`);
  },

  browse() {
    wx.switchTab({ url: '/pages/vehicles/index' });
  },

  retry() {
    if (this.data.state === 'empty') this.browse();
    else this.load();
  },
});
