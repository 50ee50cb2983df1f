/** The list of cars: search, filters, order, list or map; also a list that somebody shared. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const handover = require('../../lib/handover');
const launch = require('../../lib/launch');
const { open } = require('../../lib/navigate');
const place = require('../../lib/place');
const prompts = require('../../lib/prompts');
const { texts, fill } = require('../../texts/index');
const { drops } = require('./drops');
const filters = require('./filters');
const { FREQUENCIES, saving } = require('./saving');
const { sharing } = require('./sharing');

const LIMIT = 20;
const SORTS = /** @type {const} */ (['recommended', 'distance', 'price_asc', 'price_desc', 'newest', 'mileage']);

const t = texts('list');

Page({
  data: {
    t,
    common: texts('common').states,
    agreement: texts('privacy').consents.location.act,
    single: false,
    mode: 'list',
    state: 'loading',
    failure: '',
    q: '',
    placeText: '',
    placeLabel: '',
    sortText: '',
    sortLabel: '',
    filterText: t.tools.filter,
    /** @type {any[]} */ chips: [],
    total: '',
    /** Cars by pages, so that a page that comes later touches nothing that is on the screen. @type {{page: number, cars: any[]}[]} */ chunks: [],
    tail: '',
    isRefreshing: false,
    /** @type {any[]} */ drops: [],
    sheet: '',
    /** @type {any[]} */ sorts: [],
    /** What the search asks for, as drawer and map need it. @type {filters.Filters} */ asked: {},
    /** @type {any} */ from: {},
    /** @type {any} */ counted: { facets: {}, ranges: {}, total: 0 },
    sharedBy: '',
    isSearching: false,
    frequencies: FREQUENCIES.map((key) => ({ key, text: t.save.frequencies[key], hint: t.save.hints[key] })),
    frequency: 'daily',
    saveName: '',
    saving: false,
    picked: 0,
  },

  /** @type {Record<string, Record<string, string>>} */
  labels: {},
  sort: '',
  cursor: /** @type {string | null} */ (null),
  /** Counts the searches: an answer to an older one is passed over. */
  turn: 0,
  /** The place that the cars on the screen were searched from. */
  shownPlace: '',

  ...sharing(),
  ...saving(),

  /** @param {Record<string, any>} query */
  onLoad(query) {
    this.labels = {};
    this.shareId = launch.shareIn(query);
    this.setData({ single: launch.isSinglePage() });
    if (this.shareId) this.openShare();
    else if (query.filters) this.setData({ asked: parsed(query.filters) });
  },

  onShow() {
    events.track('page.viewed', { name: 'list', share_id: this.shareId || undefined });
    const wanted = handover.take('list');
    if (wanted) this.accept(wanted);
    else if ((!this.shareId || this.isShared) && this.shownPlace !== JSON.stringify(place.query())) this.search();
  },

  async onPullDownRefresh() {
    await this.search();
    wx.stopPullDownRefresh();
  },

  onReachBottom() {
    if (this.data.mode === 'list' && this.data.tail === 'more') this.more();
  },

  /**
   * What another page wants to see here.
   * @param {{filters: filters.Filters, sort?: string, labels?: Record<string, Record<string, string>>}} wanted `labels.store.text` names a store
   */
  accept(wanted) {
    this.leaveShare();
    this.labels = { ...this.labels, ...wanted.labels };
    this.sort = wanted.sort || '';
    this.setData({ mode: 'list' });
    this.search(filters.clean(wanted.filters));
  },

  retry() {
    if (this.shareId && !this.isShared) this.openShare();
    else this.search();
  },

  /**
   * Where the search is asked from. Her city must not cut down a list that somebody chose for her.
   * @returns {{lat?: number, lng?: number, crs?: 'gcj02', city?: string}}
   */
  from() {
    const { city, ...here } = place.query();
    return this.isShared ? here : { ...here, city };
  },

  /** Searches anew, from the first page. The map hears of filters and place at once, and asks once. @param {filters.Filters} [wanted] */
  async search(wanted) {
    const turn = ++this.turn;
    const asked = wanted || this.data.asked;
    const from = this.from();
    this.shownPlace = JSON.stringify(place.query());
    this.timelineShare = null;
    this.setData({ asked, from, isRefreshing: true, q: asked.q || '', ...this.toolTexts(asked) });
    if (this.data.state !== 'ready') this.setData({ state: 'loading' });
    try {
      const query = { ...filters.query(asked, from), sort: this.sort, limit: LIMIT };
      const found = await api.get('/visitor/vehicles/', query);
      if (turn === this.turn) this.show(found);
      if (asked.q) events.track('search.performed', { q: asked.q, total: found.total });
    } catch (error) {
      if (turn !== this.turn) return;
      this.setData({ isRefreshing: false });
      if (this.data.state === 'ready' && this.data.chunks.length) prompts.fail(error);
      else this.setData(failureOf(error));
    }
  },

  /** @param {any} found */
  show(found) {
    this.labels = filters.learned(this.labels, found.facets);
    this.cursor = found.next_cursor;
    // A price among her words stands with the other conditions from now on, to be seen and taken away by itself.
    if (found.price_said) this.setData({ asked: filters.clean({ ...this.data.asked, ...found.price_said }) });
    const { asked } = this.data;
    const isEmpty = !found.total;
    const isNew = this.data.state === 'ready';
    this.setData({
      q: asked.q || '',
      state: isEmpty ? 'empty' : 'ready',
      failure: isEmpty ? (this.data.chips.length ? t.empty.text : t.empty.stock) : '',
      isRefreshing: false,
      chunks: isEmpty ? [] : [{ page: 0, cars: found.items }],
      tail: found.next_cursor ? 'more' : 'end',
      total: fill(t.total, { count: format.count(found.total) }),
      counted: { facets: found.facets || {}, ranges: found.ranges || {}, histogram: (found.histogram && found.histogram.price) || [], total: found.total },
      drops: [],
      ...this.toolTexts(asked, found),
    });
    this.recount(found.total);
    if (isNew && this.data.mode === 'list') wx.pageScrollTo({ scrollTop: 0, duration: 0 });
    if (isEmpty) this.offerDrops(asked);
  },

  /** @param {filters.Filters} asked */
  async offerDrops(asked) {
    const { turn } = this;
    const { city, ...here } = this.data.from;
    const offered = await drops(this.asCity(asked), this.data.chips, here);
    const rows = offered.map(({ key, text, count }) => ({ key, text: fill(t.empty.drop, { text, count: format.count(count) }) }));
    if (turn === this.turn) this.setData({ drops: rows });
  },

  /** The filters with her city among them, as the chips show it. @param {filters.Filters} asked */
  asCity(asked) {
    const { city } = this.data.from;
    return city && !asked.city ? { ...asked, city: [city] } : asked;
  },

  /**
   * The words on the tools.
   * @param {filters.Filters} asked
   * @param {any} [found] what was found for it
   */
  toolTexts(asked, found) {
    const { kind, city } = place.current();
    const from = this.from();
    const chips = filters.chips(from.city && !asked.city ? { ...asked, city: [from.city] } : asked, this.labels);
    const inDrawer = chips.filter(({ key }) => key !== 'word').length;
    const placeText = kind === 'city' ? city : kind === 'here' ? t.here : t.tools.country;
    const sort = found ? found.sort : this.sort || (from.lat === undefined ? 'newest' : 'distance');
    const name = /** @type {(typeof SORTS)[number]} */ (sort);
    return {
      chips: chips.map((chip) => ({ ...chip, label: fill(t.chips.remove, { text: chip.text }) })),
      filterText: inDrawer ? fill(t.tools.filter_some, { count: inDrawer }) : t.tools.filter,
      placeText,
      placeLabel: fill(t.tools.place, { place: placeText }),
      sortText: t.sorts_short[name],
      sortLabel: fill(t.tools.sort, { sort: t.sorts[name] }),
      sorts: SORTS.map((key) => ({ key, text: key === 'distance' && from.lat === undefined ? t.sorts.distance_off : t.sorts[key], isOn: key === sort })),
    };
  },

  async more() {
    const { turn, cursor } = this;
    this.setData({ tail: 'loading' });
    try {
      const query = { ...filters.query(this.data.asked, this.data.from), sort: this.sort, limit: LIMIT, cursor, facets: false };
      const found = await api.get('/visitor/vehicles/', query);
      if (turn !== this.turn) return;
      this.cursor = found.next_cursor;
      const page = this.data.chunks.length;
      // A car whose price changed meanwhile may come once more behind the place where it stood.
      const seen = new Set(this.data.chunks.flatMap(({ cars }) => cars.map(({ id }) => id)));
      const cars = found.items.filter((/** @type {{id: string}} */ { id }) => !seen.has(id));
      this.setData({ [`chunks[${page}]`]: { page, cars }, tail: found.next_cursor ? 'more' : 'end' });
    } catch {
      if (turn === this.turn) this.setData({ tail: 'failed' });
    }
  },

  /** Asks for something else. @param {filters.Filters} asked */
  ask(asked) {
    if (this.isShared) this.leaveShare();
    this.search(asked);
  },

  /** @param {any} event the words of the search field; none takes them away */
  searchWord(event) {
    this.ask(filters.clean({ ...this.data.asked, q: event.detail.q }));
  },

  /** What she chose of the suggestions takes the place of words. @param {any} event */
  choose(event) {
    this.ask(filters.clean({ ...filters.without(this.data.asked, 'word'), ...event.detail.filters }));
  },

  /** While the field suggests, the page behind it stands still. @param {any} event */
  searching(event) {
    this.setData({ isSearching: event.detail.isOpen });
  },

  /** @param {any} event how many cars wait to be compared */
  picking(event) {
    this.setData({ picked: event.detail.count });
  },

  /** @param {any} event */
  removeChip(event) {
    this.remove(event.currentTarget.dataset.key);
  },

  /** Takes one condition away; her city is one too. @param {string} key */
  remove(key) {
    const { asked, from } = this.data;
    if (!asked.city && from.city && key === `city:${from.city}`) place.clear();
    this.ask(filters.without(asked, key));
  },

  clearAll() {
    if (place.current().kind === 'city') place.clear();
    this.sort = '';
    this.ask({});
  },

  /** @param {any} event */
  apply(event) {
    const chosen = event.detail.filters;
    const { city } = this.data.from;
    const cities = chosen.city || [];
    this.setData({ sheet: '' });
    events.track('search.filtered', { filters: Object.keys(chosen).join(',') });
    if (city && cities.length === 1 && cities[0] === city) return this.ask(filters.clean({ ...chosen, city: undefined }));
    // She took her city away, or looks into others: it is no longer where she is.
    if (city) place.clear();
    return this.ask(chosen);
  },

  /** @param {any} event */
  async chooseSort(event) {
    const { key } = event.currentTarget.dataset;
    this.setData({ sheet: '' });
    if (key === 'distance' && place.current().kind !== 'here') {
      try {
        await place.locate();
      } catch (error) {
        prompts.fail(error);
        // A city is a place too: its stores are as near as she lets us know.
        return error.code === 'single_page' ? undefined : this.openPlace();
      }
    }
    this.sort = key;
    return this.search();
  },

  openSort() {
    this.setData({ sheet: 'sort' });
  },

  openFilter() {
    this.setData({ sheet: 'filter' });
  },

  closeSheet() {
    this.setData({ sheet: '' });
  },

  switchMode() {
    this.setData({ mode: this.data.mode === 'list' ? 'map' : 'list' });
  },

  openPlace() {
    open('/pages/city/index');
  },

  /** @param {any} event */
  openCar(event) {
    if (this.data.single) return prompts.toast(texts('common').errors.single_page);
    return open(`/pages/vehicles/detail?id=${event.detail.id}`);
  },

  /** A store of the map, with all its cars. @param {any} event */
  showStore(event) {
    const { id, name } = event.detail;
    this.labels = { ...this.labels, store: { text: name } };
    this.setData({ mode: 'list' });
    this.ask(filters.clean({ ...this.data.asked, store_id: id }));
  },

});

/** Filters as a share without a name carries them; what does not parse asks for nothing. @param {string} text */
function parsed(text) {
  try {
    return filters.clean(JSON.parse(decodeURIComponent(text)));
  } catch {
    return {};
  }
}
