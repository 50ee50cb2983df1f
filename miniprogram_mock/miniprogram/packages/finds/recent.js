/** The cars she looked at last, on every phone of hers. */

const api = require('../../lib/api');
const events = require('../../lib/events');
const format = require('../../lib/format');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const recent = require('../../lib/recent');
const { texts, fill } = require('../../texts/index');
const { listed, paging } = require('./pages');

const t = texts('finds');
const DOOR = '/customer/recently-viewed/';

Page({
  data: { t, common: texts('common').states, ...listed() },

  ...paging(),

  door() {
    return DOOR;
  },

  async onShow() {
    events.track('page.viewed', { name: 'recent' });
    // What she looked at a moment ago is in the queue of events yet, and on this phone.
    await recent.bring();
    this.load();
  },

  /** @param {any} one `ViewOut` of the server */
  row(one) {
    const when = fill(t.recent.when, { time: format.dateTime(one.viewed_at) });
    return { key: one.vehicle.id, car: one.vehicle, when, isGone: !one.is_available };
  },

  async clear() {
    if (!(await prompts.confirm({ title: t.recent.asked, content: t.recent.everywhere, confirmText: t.recent.clear }))) return;
    try {
      await api.del(DOOR);
      recent.clear();
      this.setData({ items: [], state: 'empty' });
    } catch (error) {
      prompts.fail(error);
    }
  },

  /** @param {any} event */
  openCar(event) {
    open(`/pages/vehicles/detail?id=${event.detail.id}`);
  },

  retry() {
    if (this.data.state === 'empty') wx.switchTab({ url: '/pages/vehicles/index' });
    else this.load();
  },
});
