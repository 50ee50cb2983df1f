/** What became of the cars she likes, and what her saved searches found. Seen is read. */

const alerts = require('../../lib/alerts');
const events = require('../../lib/events');
const format = require('../../lib/format');
const { open } = require('../../lib/navigate');
const { texts } = require('../../texts/index');
const { listed, paging } = require('./pages');

const t = texts('finds');

Page({
  data: { t, common: texts('common').states, ...listed() },

  ...paging(),

  door() {
    return '/customer/alerts/';
  },

  onShow() {
    events.track('page.viewed', { name: 'alerts' });
    this.load();
  },

  /** @param {any} one `AlertOut` of the server */
  row(one) {
    const { vehicle } = one;
    return {
      key: one.id,
      label: one.label,
      text: one.text,
      photo: vehicle.photo,
      isNew: !one.is_read,
      when: format.dateTime(one.created_at),
      target: one.target,
    };
  },

  /** Those on the screen have been seen; what comes meanwhile stays unread. @param {any} answer */
  told({ items, unread }) {
    if (unread) alerts.read(items[0].id);
  },

  /** @param {any} event */
  openTarget(event) {
    const { kind, id } = this.data.items[event.currentTarget.dataset.index].target;
    if (kind === 'vehicle') open(`/pages/vehicles/detail?id=${id}`);
    else open(`/packages/finds/matches?id=${id}`);
  },

  retry() {
    if (this.data.state === 'empty') wx.switchTab({ url: '/pages/vehicles/index' });
    else this.load();
  },
});
