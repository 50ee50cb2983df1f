/** The search field: while she types, what she may mean; before, what she searched for last. Tells `search` or `choose`. */

const api = require('../../lib/api');
const searched = require('../../lib/searched');
const { texts } = require('../../texts/index');
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
      this.suggest();
    },

    close() {
      if (this.data.isOpen) this.done();
    },

    /** The field shows again what is searched for; the page says what that is now. */
    done() {
      clearTimeout(/** @type {any} */ (this).timer);
      this.setData({ isOpen: false, rows: [], q: this.data.value });
      this.triggerEvent('open', { isOpen: false });
    },

    typed() {
      /** @type {any} */
      const own = this;
      clearTimeout(own.timer);
      own.timer = setTimeout(() => this.suggest(), PAUSE_MS);
    },

    /** Of nothing typed the server suggests what most look for. Without an answer she types on and searches: suggestions are help, no condition. */
    async suggest() {
      const q = this.data.q.trim();
      try {
        const told = await api.get('/visitor/vehicles/suggestions', { q });
        if (q !== this.data.q.trim() || !this.data.isOpen) return;
        this.setData({ rows: view.rows(told.items, q) });
      } catch {
        this.setData({ rows: [] });
      }
    },

    search() {
      this.searchFor(this.data.q.trim());
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
      const { text, filters } = this.data.rows[event.currentTarget.dataset.index];
      searched.add(text);
      this.done();
      this.triggerEvent('choose', { filters });
    },


    clear() {
      this.setData({ q: '', words: searched.all() });
      if (this.data.isOpen) this.suggest();
      if (this.data.value) this.triggerEvent('search', { q: '' });
    },

    forget() {
      searched.clear();
      this.setData({ words: [] });
    },
  },
});
