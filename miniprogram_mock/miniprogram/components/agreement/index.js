/**
 * What she has to agree to before a dealer may call her: a box for each purpose that is still open, and her phone number.
 * Nothing is ticked for her. The page hears `change` with what is missing and what to record once she goes on.
 */

const api = require('../../lib/api');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const { fill, texts } = require('../../texts/index');
const consents = require('./consents');

/** @typedef {import('./consents').Purpose} Purpose */
/** @typedef {{purpose: Purpose, tick: string, title: string, given: boolean, ticked: boolean}} Row */

/** WeChat's number for a mini-program that has used up its phone numbers. */
const OUT_OF_QUOTA = 1400001;

const t = texts('privacy');

Component({
  properties: {
    /** @type {any} */
    purposes: { type: Array, value: ['phone', 'dealer_sharing'] },
    /** What she tried to go on without: a purpose, or `number`. */
    nudge: { type: String, value: '' },
    /** Read everything again when it changes. */
    stamp: { type: Number, value: 0 },
  },
  observers: {
    stamp(stamp) {
      if (stamp) this.load();
    },
  },
  data: { t: t.agreement, rows: /** @type {Row[]} */ ([]), givenText: '', phone: '', state: 'loading', binding: false, mayAsk: false },
  lifetimes: {
    attached() {
      this.load();
    },
  },
  methods: {
    async load() {
      this.setData({ state: 'loading' });
      try {
        const customer = await session.ensure();
        this.show(await consents.all(), customer.phone_masked || '');
      } catch (error) {
        this.setData({ state: 'failed' });
        this.triggerEvent('change', { missing: 'unknown', ticked: [] });
      }
    },

    /**
     * @param {import('./consents').Consent[]} given
     * @param {string} phone
     */
    show(given, phone) {
      const ticked = this.data.rows.filter((row) => row.ticked).map((row) => row.purpose);
      const rows = this.data.purposes.map((/** @type {Purpose} */ purpose) => ({
        purpose,
        tick: t.consents[purpose].tick,
        title: t.consents[purpose].title,
        given: Boolean(consents.standing(given, purpose)),
        ticked: ticked.includes(purpose),
      }));
      this.put(rows, phone);
    },

    /**
     * @param {Row[]} rows
     * @param {string} phone
     */
    put(rows, phone) {
      const titles = rows.filter((row) => row.given).map((row) => row.title);
      const agreed = rows.every((row) => row.purpose !== 'phone' || row.given || row.ticked);
      this.setData({
        rows,
        phone,
        state: 'ready',
        mayAsk: agreed,
        givenText: titles.length ? fill(t.agreement.given, { titles: titles.join(t.agreement.and) }) : '',
      });
      const open = rows.find((row) => !row.given && !row.ticked);
      const missing = open ? open.purpose : phone ? '' : 'number';
      this.triggerEvent('change', { missing, ticked: rows.filter((row) => row.ticked && !row.given).map((row) => row.purpose) });
    },

    /** @param {any} event */
    toggle(event) {
      const { purpose } = event.currentTarget.dataset;
      const rows = this.data.rows.map((row) => (row.purpose === purpose ? { ...row, ticked: event.detail.checked } : row));
      this.put(rows, this.data.phone);
    },

    /** Her number is not asked for before she agreed to its use. */
    agreeFirst() {
      this.triggerEvent('nudge', { missing: 'phone' });
      prompts.toast(t.agreement.missing.phone);
    },

    /** @param {any} event the answer of WeChat's phone number sheet */
    async gotNumber({ detail }) {
      if (!detail.code) {
        const unavailable = detail.errno === OUT_OF_QUOTA || !/deny|cancel/.test(detail.errMsg || '');
        return prompts.toast(unavailable ? t.agreement.unavailable : t.agreement.refused);
      }
      if (this.data.binding) return undefined;
      this.setData({ binding: true });
      try {
        await consents.give(this.data.rows.filter((row) => row.purpose === 'phone' && !row.given).map((row) => row.purpose));
        const customer = await session.bindPhone(detail.code);
        // The number may have shown that she is somebody who agreed before.
        this.show(await consents.all(), customer.phone_masked || '');
      } catch (error) {
        prompts.fail(error);
        if (error instanceof api.ApiError && session.customer()) this.load();
      }
      this.setData({ binding: false });
      return undefined;
    },

    readPrivacy() {
      open('/packages/account/privacy');
    },
  },
});
