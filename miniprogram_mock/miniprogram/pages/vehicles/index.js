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
const session = require('../../lib/session');
const share = require('../../lib/share');
const { texts, fill } = require('../../texts/index');
const { drops } = require('./drops');
const filters = require('./filters');

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
  },

  /** @type {Record<string, Record<string, string>>} */
  labels: {},
  sort: '',
  cursor: /** @type {string | null} */ (null),
  /** Counts the searches: an answer to an older one is passed over. */
  turn: 0,
  /** The place that the cars on the screen were searched from. */
  shownPlace: '',
  isShared: false,
  shareId: '',
  timelineShare: /** @type {import('../../lib/share').Share | null} */ (null),

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

  /** A list that somebody shared: her filters, and how many cars that is now. */
  async openShare() {
    this.setData({ state: 'loading' });
    try {
      const opening = { visitor_id: session.visitorId(), scene: String(launch.scene()) };
      const { share: made, list } = await api.get(`/visitor/sharing/${this.shareId}`, opening);
      if (!list) return this.noShare();
      this.isShared = true;
      const { nickname } = made.sharer;
      const words = list.total ? (nickname ? t.shared.by : t.shared.friend) : t.shared.none;
      const sharedBy = fill(words, { name: nickname || t.shared.somebody, count: list.total });
      this.setData({ sharedBy });
      await this.search(filters.clean(list.filters));
    } catch (error) {
      if (error.status === 404) this.noShare();
      else this.setData(failureOf(error));
    }
  },

  noShare() {
    prompts.toast(t.shared.gone);
    this.leaveShare();
    this.search();
  },

  leaveShare() {
    this.isShared = false;
    this.shareId = '';
    this.setData({ sharedBy: '' });
  },

  retry() {
    if (this.shareId && !this.isShared) this.openShare();
    else this.search();
  },

  /** Where the search is asked from. Her city must not cut down a list that somebody chose for her. */
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
    const { asked } = this.data;
    const isEmpty = !found.total;
    const isNew = this.data.state === 'ready';
    this.setData({
      state: isEmpty ? 'empty' : 'ready',
      failure: isEmpty ? (this.data.chips.length ? t.empty.text : t.empty.stock) : '',
      isRefreshing: false,
      chunks: isEmpty ? [] : [{ page: 0, cars: found.items }],
      tail: found.next_cursor ? 'more' : 'end',
      total: fill(t.total, { count: format.count(found.total) }),
      counted: { facets: found.facets, ranges: found.ranges, total: found.total },
      drops: [],
      ...this.toolTexts(asked, found),
    });
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
      this.setData({ [`chunks[${page}]`]: { page, cars: found.items }, tail: found.next_cursor ? 'more' : 'end' });
    } catch {
      if (turn === this.turn) this.setData({ tail: 'failed' });
    }
  },

  /** Asks for something else. @param {filters.Filters} asked */
  ask(asked) {
    if (this.isShared) this.leaveShare();
    this.search(asked);
  },

  searchWord() {
    this.ask(filters.clean({ ...this.data.asked, q: this.data.q.trim() }));
  },

  clearWord() {
    this.setData({ q: '' });
    if (this.data.asked.q) this.ask(filters.without(this.data.asked, 'word'));
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
        return prompts.fail(error);
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

  /** Moments ask for their card at once, so it is made as soon as she shows that she wants to share. */
  openShareSheet() {
    this.setData({ sheet: 'share' });
    if (this.timelineShare) return;
    const { turn } = this;
    share.forList(this.shareable(), 'timeline').then((made) => turn === this.turn && (this.timelineShare = made), () => {});
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

  openPoster() {
    this.setData({ sheet: '' });
    events.track('share.tapped', { kind: 'list', channel: 'code' });
    handover.give('poster', this.shareable());
    open('/pages/share/index');
  },

  leaveShared() {
    this.clearAll();
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

  shareable() {
    return filters.shareable(this.data.asked, this.data.from);
  },

  /** What goes out when the server cannot name a share in time: the same search, without her name. */
  card() {
    const { counted, chunks } = this.data;
    const photo = chunks.length ? chunks[0].cars[0].photo : '';
    const title = fill(t.share.title, { count: format.count(counted.total) });
    return { title, query: `filters=${encodeURIComponent(JSON.stringify(this.shareable()))}`, imageUrl: api.raster(photo) };
  },

  onShareAppMessage() {
    events.track('share.tapped', { kind: 'list', channel: 'friend' });
    this.setData({ sheet: '' });
    const { title, query, imageUrl } = this.card();
    return share.message({ title, path: `/pages/vehicles/index?${query}`, imageUrl }, share.forList(this.shareable(), 'friend'));
  },

  onShareTimeline() {
    events.track('share.tapped', { kind: 'list', channel: 'timeline' });
    return share.timeline(this.card(), this.timelineShare);
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
