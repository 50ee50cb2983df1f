/** What she agreed to, purpose by purpose: when, in which words, and a switch that takes it back as easily as it gives it. */

const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const { fill, texts } = require('../../texts/index');
const consents = require('../../components/agreement/consents');

/** @typedef {import('../../components/agreement/consents').Purpose} Purpose */
/** @typedef {import('../../components/agreement/consents').Consent} Consent */

const t = texts('consents');
const words = texts('privacy').consents;

const PURPOSES = /** @type {Purpose[]} */ (['phone', 'dealer_sharing', 'location', 'marketing']);

/**
 * @param {Consent[]} all newest first
 * @returns {{purpose: Purpose, title: string, text: string, given: boolean, since: string}[]}
 */
function rowsOf(all) {
  return PURPOSES.map((purpose) => {
    const standing = consents.standing(all, purpose);
    const last = all.find((one) => one.purpose === purpose);
    const { title, text } = words[purpose];
    return { purpose, title, text, given: Boolean(standing), since: sinceOf(standing, last) };
  });
}

/**
 * @param {Consent | undefined} standing
 * @param {Consent | undefined} last also one that was taken back
 */
function sinceOf(standing, last) {
  if (standing) return fill(t.on, { time: format.dateTime(standing.given_at), version: standing.text_version });
  return last ? fill(t.withdrawn, { time: format.dateTime(last.withdrawn_at) }) : t.off;
}

Page({
  data: { t, state: 'loading', failure: '', rows: /** @type {ReturnType<typeof rowsOf>} */ ([]), busy: '' },

  onShow() {
    events.track('page.viewed', { name: 'consents' });
    this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    if (this.data.state !== 'ready') this.setData({ state: 'loading' });
    try {
      this.setData({ rows: rowsOf(await consents.all()), state: 'ready' });
    } catch (error) {
      if (this.data.state === 'ready') prompts.fail(error);
      else this.setData(failureOf(error));
    }
  },

  /** @param {any} event of a switch that has moved already; it moves back when nothing came of it */
  async change(event) {
    const { index } = event.currentTarget.dataset;
    const { purpose, title } = this.data.rows[index];
    const { value } = event.detail;
    if (this.data.busy) return this.showAgain();
    this.setData({ busy: purpose });
    try {
      if (value || (await this.isSure(purpose, title))) {
        await (value ? consents.give([purpose]) : consents.withdraw(purpose));
        prompts.toast(value ? t.given : t.taken);
        this.setData({ rows: rowsOf(await consents.all()) });
      }
    } catch (error) {
      prompts.fail(error);
    }
    this.setData({ busy: '' });
    return this.showAgain();
  },

  /**
   * @param {Purpose} purpose
   * @param {string} title
   */
  isSure(purpose, title) {
    const question = { title: fill(t.sure, { title }), content: words[purpose].withdraw };
    return prompts.confirm({ ...question, confirmText: t.withdraw, cancelText: t.keep });
  },

  /** Draws every switch as the record says: WeChat moves a switch before it asks. */
  showAgain() {
    const rows = this.data.rows;
    this.setData({ rows: rows.map((row) => ({ ...row, given: !row.given })) }, () => this.setData({ rows }));
  },

  read() {
    open('/packages/account/privacy');
  },
});
