/** The search on a map: a marker for each store or group of stores; a store's cars in a drawer. */

const api = require('../../../lib/api');
const events = require('../../../lib/events');
const format = require('../../../lib/format');
const { open } = require('../../../lib/navigate');
const { texts, fill } = require('../../../texts/index');
const filters = require('../filters');
const map = require('../map');

/** Cars of a store that fit a drawer; the rest is in the list. */
const SHOWN = 10;
const COLOURS = { light: { ink: '#14130f', paper: '#fdfcfa' }, dark: { ink: '#f4f1ea', paper: '#191815' } };

const t = texts('list');

Component({
  properties: {
    filters: { type: Object, value: {} },
    /** The place of the search, as lib/place gives it. */
    from: { type: Object, value: {} },
  },
  data: {
    t,
    state: 'loading',
    /** @type {any[]} */ markers: [],
    view: { latitude: 35, longitude: 105, scale: 4 },
    isOpen: false,
    /** @type {any} */ store: null,
    storeName: '',
    summary: '',
    storeState: 'loading',
    /** @type {any[]} */ cars: [],
    more: '',
  },
  observers: {
    'filters, from'() {
      this.load();
    },
  },
  lifetimes: {
    attached() {
      /** @type {any} */
      const own = this;
      own.theme = (wx.getAppBaseInfo().theme || 'light') === 'dark' ? 'dark' : 'light';
      own.onTheme = (/** @type {{theme: 'light' | 'dark'}} */ { theme }) => {
        own.theme = theme;
        this.draw();
      };
      wx.onThemeChange(own.onTheme);
    },
    detached() {
      wx.offThemeChange(/** @type {any} */ (this).onTheme);
    },
  },
  methods: {
    async load() {
      const { filters: asked, from } = this.data;
      this.setData({ state: 'loading' });
      try {
        const { items } = await api.get('/visitor/vehicles/stores', filters.query(asked, from));
        if (asked === this.data.filters && from === this.data.from) this.told(items);
      } catch {
        this.setData({ state: 'failed' });
      }
    },

    /** @param {map.StoreCars[]} stores */
    told(stores) {
      /** @type {any} */
      const own = this;
      own.stores = stores;
      if (stores.length) this.look(map.firstSeen(stores, /** @type {any} */ (this.data.from).lat !== undefined));
      this.setData({ state: stores.length ? 'ready' : 'empty' });
      this.draw();
    },

    /** Moves the map to these stores. @param {map.StoreCars[]} stores */
    look(stores) {
      const { windowWidth, windowHeight } = wx.getWindowInfo();
      const view = map.fitting(stores, { width: windowWidth, height: windowHeight * 0.7 });
      // The map moves only when a value changes, even if she has moved it meanwhile.
      const isSame = view.latitude === this.data.view.latitude;
      /** @type {any} */ (this).scale = view.scale;
      this.setData({ view: { ...view, latitude: view.latitude + (isSame ? 1e-6 : 0) } });
    },

    draw() {
      const { stores, scale, theme } = /** @type {any} */ (this);
      const groups = map.groups(stores || [], scale || this.data.view.scale);
      /** @type {any} */ (this).groups = groups;
      this.setData({ markers: map.markers(groups, COLOURS[/** @type {'light'} */ (theme)]) });
    },

    /** @param {any} event */
    moved(event) {
      const { type, scale } = { ...event, ...event.detail };
      /** @type {any} */
      const own = this;
      if (type !== 'end' || !scale || Math.abs(scale - own.scale) < 0.1) return;
      own.scale = scale;
      this.draw();
    },

    /** @param {any} event */
    tapped(event) {
      const group = /** @type {any} */ (this).groups[event.detail.markerId];
      if (!group) return;
      if (group.stores.length === 1) this.openStore(group.stores[0]);
      else {
        this.look(group.stores);
        this.draw();
      }
    },

    /** @param {map.StoreCars} store */
    openStore(store) {
      events.track('search.filtered', { store_id: store.id, on: 'map' });
      const summary = fill(t.map.summary, { count: store.count, price: format.yuan(store.min_price_fen) });
      const more = store.count > SHOWN ? fill(t.map.more, { count: store.count }) : '';
      this.setData({ isOpen: true, store, storeName: store.name, summary, more, cars: [], storeState: 'loading' });
      this.loadStore();
    },

    async loadStore() {
      const { store, filters: asked, from } = this.data;
      this.setData({ storeState: 'loading' });
      try {
        const query = { ...filters.query(asked, from), store_id: store.id, sort: 'price_asc', limit: SHOWN, facets: false };
        const { items } = await api.get('/visitor/vehicles/', query);
        if (store === this.data.store) this.setData({ cars: items, storeState: 'ready' });
      } catch {
        if (store === this.data.store) this.setData({ storeState: 'error' });
      }
    },

    closeStore() {
      this.setData({ isOpen: false });
    },

    /** @param {any} event */
    openCar(event) {
      this.triggerEvent('open', event.detail);
    },

    openStorePage() {
      open(`/pages/stores/detail?id=${this.data.store.id}`);
    },

    openAll() {
      this.setData({ isOpen: false });
      this.triggerEvent('store', { id: this.data.store.id, name: this.data.store.name });
    },
  },
});
