/** The search field: while she types, what she may mean; before, what she searched for last. Tells `search` or `choose`. */

const api = require('../../lib/api');
const searched = require('../../lib/searched');
const { texts, fill } = require('../../texts/index');
const view = require('./suggestions');

/** Quick letters are asked for once. */
const PAUSE_MS = 180;

const t = texts('search');

Component({
  properties: {
    /** What is searched for now. */
    value: { type: String, value: '' },
  },
  data: {
    t,
    q: '',
    isOpen: false,
    /** @type {string[]} */ words: [],
    /** @type {ReturnType<view.rows>} */ rows: [],
    corrected: '',
    correctedText: '',
  },
  observers: {
    value(value) {
      this.setData({ q: value });
    },
  },
  lifetimes: {
    detached() {
      clearTimeout(/** @type {any} */ (this).timer);
    },
  },
  methods: {
    focus() {
      this.setData({ isOpen: true, words: searched.all() });
      this.triggerEvent('open', { isOpen: true });
      if (this.data.q) this.suggest();
    },

    close() {
      if (this.data.isOpen) this.done();
    },

    /** The field shows again what is searched for; the page says what that is now. */
    done() {
      clearTimeout(/** @type {any} */ (this).timer);
      this.setData({ isOpen: false, rows: [], corrected: '', q: this.data.value });
      this.triggerEvent('open', { isOpen: false });
    },

    typed() {
      /** @type {any} */
      const own = this;
      clearTimeout(own.timer);
      if (!this.data.q.trim()) return this.setData({ rows: [], corrected: '', words: searched.all() });
      own.timer = setTimeout(() => this.suggest(), PAUSE_MS);
      return undefined;
    },

    /** Without an answer she types on and searches: suggestions are help, no condition. */
    async suggest() {
      const q = this.data.q.trim();
      try {
        const told = await api.get('/visitor/vehicles/suggestions', { q });
        if (q !== this.data.q.trim() || !this.data.isOpen) return;
        const corrected = told.corrected || '';
        this.setData({ rows: view.rows(told.items, q), corrected, correctedText: fill(t.corrected, { word: corrected }) });
      } catch {
        this.setData({ rows: [], corrected: '' });
      }
    },

    search() {
      this.searchFor(this.data.q.trim());
    },

    searchCorrected() {
      this.searchFor(this.data.corrected);
    },

    /** @param {any} event one of her own words */
    again(event) {
      this.searchFor(event.currentTarget.dataset.word);
    },

    /** @param {string} q */
    searchFor(q) {
      searched.add(q);
      this.done();
      this.triggerEvent('search', { q });
    },

    /** @param {any} event */
    choose(event) {
      const row = this.data.rows[event.currentTarget.dataset.index];
      if (!row.filters) return this.searchFor(row.text);
      searched.add(row.text);
      this.done();
      this.triggerEvent('choose', { filters: row.filters, labels: row.labels });
    },


    clear() {
      this.setData({ q: '', rows: [], corrected: '', words: searched.all() });
      if (this.data.value) this.triggerEvent('search', { q: '' });
    },

    forget() {
      searched.clear();
      this.setData({ words: [] });
    },
  },
});
