/** Her orders, the newest first: where each stands, and how long it still holds. Above them the cars that she waits for. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const { texts } = require('../../texts/index');
const { entry, row } = require('./rows');
const waiting = require('./waiting');

const t = texts('orders').list;

const PAGE = 20;

Page({
  data: {
    t,
    w: texts('waiting').list,
    common: texts('common').states,
    state: 'loading',
    text: '',
    action: '',
    rows: /** @type {ReturnType<typeof row>[]} */ ([]),
    places: /** @type {ReturnType<typeof waiting.row>[]} */ ([]),
    placesFailed: false,
    /** The foot of the list: `more` while loading on, `failed`, `end`, or nothing. */
    foot: '',
  },

  entries: /** @type {import('./rows').Entry[]} */ ([]),
  places: /** @type {import('./waiting').Entry[]} */ ([]),
  cursor: /** @type {string | null} */ (null),
  /** Nothing ticks and nobody asks while she looks at something else. */
  isShown: false,
  ticker: /** @type {any} */ (null),
  timer: /** @type {any} */ (null),
  /** How often the first page was asked for: an answer of a question that was asked again since is not shown. */
  asked: 0,
  stopListening: () => {},

  onLoad() {
    // Signed out, signed in, or found to be somebody else by her number: her orders are others.
    let known = '';
    this.stopListening = session.onChange((customer) => {
      const id = customer ? customer.id : '';
      if (known && id !== known) {
        this.entries = [];
        this.places = [];
        this.setData({ state: 'loading', rows: [], places: [] });
      }
      known = id;
    });
  },

  onShow() {
    events.track('page.viewed', { name: 'orders' });
    this.isShown = true;
    this.load();
  },

  onHide() {
    this.isShown = false;
    this.rest();
  },

  onUnload() {
    this.isShown = false;
    this.rest();
    this.stopListening();
  },

  rest() {
    clearInterval(this.ticker);
    clearTimeout(this.timer);
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  retry() {
    if (this.data.state === 'empty') return this.goToCars();
    this.setData({ state: 'loading' });
    return this.load();
  },

  /**
   * Loads the first page anew; what is on the screen stays until the answer is here, and older orders stay below it.
   * @param {boolean} [quiet] nobody asked for it, so a failure is not shown, and it is tried again
   */
  async load(quiet = false) {
    this.asked += 1;
    const { asked } = this;
    try {
      const [{ items, next_cursor }, places] = await Promise.all([api.get('/customer/orders/', { limit: PAGE }), waiting.mine().catch(() => null)]);
      if (asked !== this.asked) return;
      // Orders are not kept from her because the line could not be asked.
      if (places) this.places = places.map(waiting.entry);
      this.setData({ placesFailed: !places });
      const ids = new Set(items.map((/** @type {any} */ order) => order.id));
      const older = items.length ? this.entries.filter(({ order }) => !ids.has(order.id)) : [];
      this.entries = [...items.map(entry), ...older];
      if (!older.length) this.cursor = next_cursor;
      this.draw(this.cursor ? '' : 'end');
    } catch (error) {
      if (asked !== this.asked) return;
      if (quiet) this.draw(this.data.foot);
      else this.failed(error);
    }
  },

  /** @param {any} error */
  failed(error) {
    if (this.data.state === 'ready') return prompts.fail(error);
    if (error.code === 'login') return this.setData({ state: 'error', text: t.signedOut.text, action: t.signedOut.action });
    const { state, failure } = failureOf(error);
    return this.setData({ state, text: failure, action: '' });
  },

  /** @param {string} foot */
  draw(foot) {
    this.rest();
    const rows = this.entries.map((one) => row(one));
    const places = this.places.map((one) => waiting.row(one));
    if (!rows.length && !places.length && !this.data.placesFailed) {
      this.setData({ state: 'empty', text: t.empty.text, action: t.empty.action, rows, places });
      return;
    }
    this.setData({ state: 'ready', text: '', action: '', rows, places, foot: rows.length > PAGE / 2 ? foot : '' });
    if (!this.isShown) return;
    const shown = [...rows, ...places];
    if (shown.some((one) => one.ticks)) this.ticker = setInterval(() => this.tick(), 1000);
    const pauses = shown.map((one) => one.pause).filter(Boolean);
    if (pauses.length) this.timer = setTimeout(() => this.load(true), Math.min(...pauses));
  },

  /** Only rows whose words have changed are drawn again. */
  tick() {
    const rows = this.entries.map((one) => row(one));
    const places = this.places.map((one) => waiting.row(one));
    const changes = Object.fromEntries([
      ...rows.flatMap((one, index) => (one.line === this.data.rows[index].line ? [] : [[`rows[${index}]`, one]])),
      ...places.flatMap((one, index) => (one.line === this.data.places[index].line ? [] : [[`places[${index}]`, one]])),
    ]);
    const isOver = places.some((one, index) => !one.ticks && this.data.places[index].ticks);
    const ranOut = isOver || rows.some((one, index) => one.pause && !this.data.rows[index].pause);
    if (Object.keys(changes).length) this.setData(changes);
    if (ranOut) this.load(true);
  },

  async onReachBottom() {
    if (!this.cursor || this.data.foot === 'more') return;
    this.setData({ foot: 'more' });
    const { asked } = this;
    try {
      const { items, next_cursor } = await api.get('/customer/orders/', { limit: PAGE, cursor: this.cursor });
      if (asked !== this.asked) return;
      const known = new Set(this.entries.map(({ order }) => order.id));
      this.entries.push(...items.filter((/** @type {any} */ order) => !known.has(order.id)).map(entry));
      this.cursor = next_cursor;
      this.draw(next_cursor ? '' : 'end');
    } catch {
      this.setData({ foot: 'failed' });
    }
  },

  /** @param {any} event */
  open(event) {
    open(`/pages/orders/detail?id=${event.currentTarget.dataset.id}`);
  },

  /** @param {any} event */
  openCar(event) {
    open(`/pages/vehicles/detail?id=${event.currentTarget.dataset.id}`);
  },

  /** @param {any} event */
  reserve(event) {
    const { id } = event.currentTarget.dataset;
    events.track('reserve.tapped', { vehicle_id: id });
    open(`/packages/reserve/confirm?vehicle_id=${id}`);
  },

  /** @param {any} event */
  async leave(event) {
    const { place } = this.places[event.currentTarget.dataset.index];
    if (await waiting.leave(place)) this.load(true);
  },

  /** Again, when only the cars that she waits for did not come. */
  loadAgain() {
    return this.load();
  },

  goToCars() {
    wx.switchTab({ url: '/pages/vehicles/index' });
  },
});
