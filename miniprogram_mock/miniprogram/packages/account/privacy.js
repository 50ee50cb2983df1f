/** The privacy text, and what the law gives her: to see and take away all that we hold about her, and to have it deleted. */

const api = require('../../lib/api');
const events = require('../../lib/events');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const { fill, texts } = require('../../texts/index');
const { groups } = require('./export-groups');

const t = texts('privacy');

Page({
  data: {
    t,
    version: fill(t.versionLine, { version: t.version }),
    exporting: false,
    groups: /** @type {import('./export-groups').Group[]} */ ([]),
    showExport: false,
    showErase: false,
    understood: false,
    nudge: false,
    erasing: false,
  },

  /** Everything that the server told, for the clipboard. */
  exported: '',

  onShow() {
    events.track('page.viewed', { name: 'privacy' });
  },

  openContract() {
    wx.openPrivacyContract({ fail: () => prompts.toast(t.wechat.failed) });
  },

  async export() {
    if (this.data.exporting) return;
    this.setData({ exporting: true });
    try {
      const told = await api.post('/customer/identity/export');
      this.exported = JSON.stringify(told, null, 2);
      this.setData({ groups: groups(told), showExport: true });
    } catch (error) {
      prompts.fail(error);
    }
    this.setData({ exporting: false });
  },

  copyExport() {
    wx.setClipboardData({
      data: this.exported,
      // WeChat's own toast says only that something was copied.
      success: () => prompts.toast(t.export.copied),
    });
  },

  closeExport() {
    this.setData({ showExport: false });
  },

  askToErase() {
    this.setData({ showErase: true, understood: false, nudge: false });
  },

  closeErase() {
    this.setData({ showErase: false });
  },

  /** @param {any} event */
  understand({ detail }) {
    this.setData({ understood: detail.checked, nudge: false });
  },

  /** The second step: she has read what goes and what stays, and is asked once more. */
  async erase() {
    if (this.data.erasing) return;
    if (!this.data.understood) {
      this.setData({ nudge: true });
      prompts.toast(t.erase.tickFirst);
      return;
    }
    const { title, text, confirm, cancel } = t.erase.sure;
    if (!(await prompts.confirm({ title, content: text, confirmText: confirm, cancelText: cancel }))) return;
    this.setData({ erasing: true });
    try {
      await api.del('/customer/identity/me');
      this.leave();
    } catch (error) {
      prompts.fail(error);
    }
    this.setData({ erasing: false });
  },

  /** The phone forgets her too, and the mini-program starts as for anybody. */
  leave() {
    session.forget();
    wx.reLaunch({ url: '/pages/index/index', complete: () => prompts.toast(t.erase.done) });
  },
});
