/** One order: where it stands, what is left of its time, what she can do, and what became of her money. */

const api = require('../../lib/api');
const events = require('../../lib/events');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const { texts } = require('../../texts/index');
const { countdownOf, viewOf } = require('./detail-view');
const { following } = require('./following');
const paying = require('./paying');

const t = texts('orders').detail;

Page({
  data: {
    t,
    state: 'loading',
    failure: '',
    /** Where a failure leads instead of another try. */
    action: '',
    view: /** @type {any} */ (null),
    countdown: { what: '', time: '' },
    store: /** @type {any} */ (null),
    storeFailed: false,
    cancelling: false,
    busy: false,
  },

  ...following(t),

  /** What was drawn last; drawn again only when it differs. */
  drawn: '',
  storeAsked: false,

  /** @param {{id?: string}} query */
  onLoad({ id = '' }) {
    this.follow(id);
  },

  onShow() {
    events.track('page.viewed', { name: 'order' });
    this.follower.start();
  },

  /** @param {import('./follow').Look} look */
  show(look) {
    const view = viewOf(look);
    const countdown = countdownOf(look);
    const drawn = JSON.stringify(view);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.setData({ state: 'ready', view, countdown });
    } else if (countdown.time !== this.data.countdown.time) {
      this.setData({ countdown });
    }
    if (!this.storeAsked) this.loadStore();
  },

  async loadStore() {
    this.storeAsked = true;
    this.setData({ storeFailed: false });
    try {
      this.setData({ store: await api.get(`/visitor/stores/${this.data.view.car.store.id}`) });
    } catch {
      this.setData({ storeFailed: true });
    }
  },

  async pay() {
    if (this.data.busy) return;
    this.setData({ busy: true });
    try {
      const told = await paying.pay(this.id);
      if (told === 'paid') open(`/packages/reserve/result?id=${this.id}&told=paid`);
      else prompts.toast(told === 'cancelled' ? t.payCancelled : t.payFailed);
    } catch (error) {
      prompts.fail(error);
    }
    this.setData({ busy: false });
    this.follower.start();
  },

  askToCancel() {
    this.setData({ cancelling: true });
  },

  keep() {
    this.setData({ cancelling: false });
  },

  /** @param {any} event with her reason, if she gave one */
  async cancel({ detail }) {
    if (this.data.busy) return;
    this.setData({ busy: true });
    try {
      const order = await api.post(`/customer/orders/${this.id}/cancel`, { reason: detail.reason || null });
      this.setData({ cancelling: false });
      // What becomes of her money stands at the top.
      wx.pageScrollTo({ scrollTop: 0 });
      prompts.toast(order.is_ending ? t.cancelSheet.ending : t.cancelSheet.done);
    } catch (error) {
      prompts.fail(error);
    }
    this.setData({ busy: false });
    this.follower.start();
  },

  copyNumber() {
    wx.setClipboardData({
      data: this.data.view.number,
      // WeChat's own toast says only that something was copied.
      success: () => prompts.toast(t.info.copied),
    });
  },

  call() {
    const { store } = this.data;
    events.track('phone_call.tapped', { store_id: store.id });
    // She may decide against it in the phone's own dialog; that is no failure.
    wx.makePhoneCall({ phoneNumber: store.phone, fail: () => {} });
  },

  navigate() {
    const { store } = this.data;
    events.track('navigation.opened', { store_id: store.id });
    wx.openLocation(store.navigation);
  },

  openStore() {
    open(`/pages/stores/detail?id=${this.data.view.car.store.id}`);
  },

  openCar() {
    open(`/pages/vehicles/detail?id=${this.data.view.car.id}`);
  },

  goToCars() {
    wx.switchTab({ url: '/pages/vehicles/index' });
  },
});
