/** One car: everything about it, whether it can still be had, and the ways to its dealer. Opened by id, by a share, or by a code. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const launch = require('../../lib/launch');
const { open } = require('../../lib/navigate');
const place = require('../../lib/place');
const prompts = require('../../lib/prompts');
const recent = require('../../lib/recent');
const session = require('../../lib/session');
const share = require('../../lib/share');
const deposit = require('../../lib/deposit');
const { keeping } = require('./keeping');
const { lining } = require('./line');
const { fill, texts } = require('../../texts/index');
const { card, present } = require('./detail-view');

const t = texts('vehicle');

Page({
  data: {
    t,
    state: 'loading',
    message: '',
    single: false,
    sharedBy: '',
    car: /** @type {any} */ (null),
    similar: /** @type {any[]} */ ([]),
    statusText: '',
    deposit: '',
    /** The line for a car that somebody else holds, and her place in it. */
    line: /** @type {ReturnType<import('./line').lineView> | null} */ (null),
    /** Her own order that holds this car, if she has one. */
    orderId: '',
    isStale: false,
    photo: 0,
    unfolded: { price: false, options: false },
    /** The groups of specifications that are open, by name. @type {Record<string, boolean>} */ groups: {},
    /** The groups of the inspection that are open. @type {Record<string, boolean>} */ inspected: {},
    isLiked: false,
    isPicked: false,
    picked: 0,
    isAsking: false,
    sheet: '',
    joining: false,
    w: texts('waiting'),
  },

  ...lining(),
  ...keeping(),

  vehicleId: '',
  shareId: '',
  /** Whether the server knows that the share was opened: what comes of it is credited to the sharer by that. */
  isShareTold: false,
  /** The car as the server told it last. */
  told: /** @type {any} */ (null),
  /** The share for Moments, made when she opens the share sheet: onShareTimeline cannot wait for one. */
  timelineShare: /** @type {import('../../lib/share').Share | null} */ (null),
  /** How far she went in the gallery. */
  seen: 0,

  /** @param {Record<string, string>} query */
  onLoad(query) {
    this.vehicleId = query.id || '';
    this.shareId = launch.shareIn(query);
    this.setData({ single: launch.isSinglePage() });
    this.keepUp();
    this.start();
  },

  onShow() {
    this.isShown = true;
    // Somebody may have reserved it, or she herself, while she was elsewhere.
    if (this.data.state === 'ready' || this.data.state === 'offline') this.load();
  },

  onHide() {
    this.isShown = false;
    this.leaveLineAlone();
  },

  onUnload() {
    this.isShown = false;
    this.leaveLineAlone();
    this.stopKeeping();
    if (this.seen) events.track('vehicle.gallery_viewed', { vehicle_id: this.vehicleId, photos: this.seen + 1 });
  },

  async onPullDownRefresh() {
    await (this.vehicleId ? this.load() : this.start());
    wx.stopPullDownRefresh();
  },

  async start() {
    if (this.data.state !== 'loading') this.setData({ state: 'loading', message: '' });
    const shared = this.shareId ? this.openShare() : null;
    if (!this.vehicleId && shared) await shared;
    if (this.vehicleId) await this.load();
    else if (this.data.state === 'loading') this.setData({ state: 'unknown', message: t.unknown.text });
  },

  /** Tells the server that the share was opened, and learns who shared, and what. A failure matters only when the car is not known. */
  async openShare() {
    try {
      const opening = { visitor_id: session.visitorId(), scene: String(launch.scene()) };
      const opened = await api.get(`/visitor/sharing/${this.shareId}`, opening);
      this.isShareTold = true;
      if (opened.vehicle && !this.vehicleId) this.vehicleId = opened.vehicle.id;
      const { nickname, is_self } = opened.share.sharer;
      if (is_self) return;
      this.setData({ sharedBy: nickname ? fill(t.sharedBy, { name: nickname }) : t.sharedByFriend });
    } catch (error) {
      this.isShareTold = error.status === 404;
      if (this.vehicleId) return;
      if (error.status === 404) this.setData({ state: 'unknown', message: t.unknown.share });
      else this.refused(error);
    }
  },

  /** Asks for the car as it is now; what is on the screen stays until the answer is there. */
  async load() {
    const { lat, lng, crs } = place.query();
    try {
      const car = await api.get(`/visitor/vehicles/${this.vehicleId}`, { lat, lng, crs });
      if (this.told && this.shareId && !this.isShareTold) this.openShare();
      this.arrived(car);
    } catch (error) {
      this.refused(error);
    }
  },

  /** @param {any} car */
  arrived(car) {
    const before = this.told;
    const isNews = !before || before.reservable !== car.reservable;
    const view = present(car);
    this.told = car;
    this.setData({ state: 'ready', isStale: false, car: view, similar: car.similar });
    if (!before) this.unfoldFirst(view);
    this.showKept();
    if (car.reservable) this.noLine();
    if (isNews) this.setData({ orderId: '', statusText: car.reservable ? t.status.listed : '' });
    if (!before) this.met(car);
    if (car.reservable) this.explainDeposit(car);
    else this.explainHolder(car, Boolean(before) && isNews);
    if (before && isNews && car.reservable) prompts.toast(t.status.justFree);
  },

  /**
   * What happens once, when the car is seen for the first time.
   *
   * @param {any} car
   */
  met(car) {
    events.track('vehicle.viewed', { vehicle_id: car.id, share_id: this.shareId || undefined, price_fen: car.price.price_fen });
    if (!this.data.single) recent.add(card(car));
  },

  /** The first group of specifications lies open, and of the inspection those in which something was found. @param {any} view */
  unfoldFirst({ specifications, inspection }) {
    const found = inspection ? inspection.groups.filter((/** @type {any} */ group) => !group.isFine) : [];
    const opened = (/** @type {any[]} */ groups) => Object.fromEntries(groups.map(({ title }) => [title, true]));
    this.setData({ groups: opened(specifications.slice(0, 1)), inspected: opened(found) });
  },

  /**
   * What a reservation costs and gives.
   *
   * @param {any} car
   */
  async explainDeposit(car) {
    const terms = await this.terms();
    if (!terms || this.told !== car) return;
    const amount = format.yuan(terms.amount_fen);
    const words = { deposit: deposit.word(terms), amount, hours: terms.hold_hours };
    this.setData({ deposit: fill(t.bar.deposit, words), statusText: fill(t.status.listedFor, words) });
  },

  /**
   * Who has the car: she herself, or somebody else, which is news when she could still have had it a moment ago.
   *
   * @param {any} car
   * @param {boolean} isNews
   */
  async explainHolder(car, isNews) {
    const orderId = await this.ownOrder();
    if (this.told !== car) return;
    this.setData({ orderId, statusText: orderId ? t.status.mineText : t.status.reserved });
    if (isNews && !orderId) prompts.toast(t.status.justReserved);
    if (orderId) this.noLine();
    else await this.loadLine(car);
  },

  /** The deposit's terms, asked for once; null where none are in force or the network fails: the next page will tell. */
  async terms() {
    if (!this.knownTerms) this.knownTerms = await api.get('/visitor/orders/terms', { vehicle_id: this.vehicleId }).catch(() => null);
    return this.knownTerms;
  },

  knownTerms: /** @type {{amount_fen: number, hold_hours: number, deposit_type: string} | null} */ (null),

  /** The id of her own order that holds this car, or nothing. */
  async ownOrder() {
    if (this.data.single) return '';
    try {
      const { items } = await api.get('/customer/orders/');
      const own = items.find((/** @type {any} */ order) => order.vehicle.id === this.vehicleId && order.status !== 'closed');
      return own ? own.id : '';
    } catch (error) {
      return this.data.orderId; // what was known before is likelier than a stranger
    }
  },

  /** @param {any} error */
  refused(error) {
    if (error.status === 410) return this.gone(error.details.similar || []);
    if (error.status === 404) return this.setData({ state: 'unknown', message: t.unknown.text, car: null });
    if (this.told && error.code === 'network') return this.setData({ isStale: true });
    if (this.told) return prompts.fail(error);
    const { state, failure } = failureOf(error);
    this.setData({ state, message: failure });
  },

  /** @param {any[]} similar */
  gone(similar) {
    recent.remove(this.vehicleId);
    this.noLine();
    this.setData({ state: 'gone', car: null, sheet: '', similar });
  },

  /** @param {any} event */
  swiped(event) {
    const { current } = event.detail;
    this.seen = Math.max(this.seen, current);
    this.setData({ photo: current });
  },

  preview() {
    if (this.data.single) return;
    const urls = this.data.car.photos.map((/** @type {{url: string}} */ one) => api.raster(one.url));
    wx.previewImage({ urls, current: urls[this.data.photo] });
  },

  /** @param {any} event */
  toggle(event) {
    const part = /** @type {keyof typeof this.data.unfolded} */ (event.currentTarget.dataset.part);
    this.setData({ unfolded: { ...this.data.unfolded, [part]: !this.data.unfolded[part] } });
  },

  /** A group of specifications, or of the inspection, opens or closes. @param {any} event */
  unfoldGroup(event) {
    const { title } = event.currentTarget.dataset;
    this.setData({ groups: { ...this.data.groups, [title]: !this.data.groups[title] } });
  },

  /** @param {any} event */
  unfoldInspected(event) {
    const { title } = event.currentTarget.dataset;
    this.setData({ inspected: { ...this.data.inspected, [title]: !this.data.inspected[title] } });
  },

  openFairness() {
    this.setData({ sheet: 'fairness' });
  },

  openInspection() {
    this.setData({ sheet: 'inspection' });
  },

  /** The report itself, as the inspector signed it. */
  async openDocument() {
    try {
      const filePath = await api.fetchFile(this.data.car.inspection.document);
      wx.openDocument({ filePath, fileType: 'pdf', fail: prompts.fail });
    } catch (error) {
      prompts.fail(error);
    }
  },

  /** @param {any} event how many cars wait to be compared */
  picking(event) {
    this.setData({ picked: event.detail.count });
  },

  call() {
    const { store } = this.data.car;
    events.track('phone_call.tapped', { vehicle_id: this.vehicleId, store_id: store.id });
    // Her changing her mind in the phone's own dialog is no failure.
    wx.makePhoneCall({ phoneNumber: store.phone, fail: () => {} });
  },

  navigate() {
    const { store } = this.data.car;
    events.track('navigation.opened', { vehicle_id: this.vehicleId, store_id: store.id });
    wx.openLocation(store.navigation);
  },

  openStore() {
    open(`/pages/stores/detail?id=${this.data.car.store.id}`);
  },

  openCalculator() {
    open(`/packages/finance/calculator?vehicle_id=${this.vehicleId}`);
  },

  /** @param {any} event */
  openCar(event) {
    if (this.data.single) return prompts.toast(texts('common').errors.single_page);
    open(`/pages/vehicles/detail?id=${event.detail.id}`);
  },

  browse() {
    wx.switchTab({ url: '/pages/vehicles/index' });
  },

  showSimilar() {
    wx.pageScrollTo({ selector: '.similar' });
  },

  openShareSheet() {
    this.setData({ sheet: 'share' });
    if (this.timelineShare) return;
    const prepared = share.forVehicle(this.vehicleId, 'timeline');
    // Without it the page is shared all the same, only nobody knows by whom.
    prepared.then((made) => (this.timelineShare = made)).catch(() => {});
  },

  openPoster() {
    events.track('share.tapped', { vehicle_id: this.vehicleId, channel: 'code' });
    this.setData({ sheet: '' });
    open(`/pages/share/index?vehicle_id=${this.vehicleId}`);
  },

  openContact() {
    events.track('contact.tapped', { vehicle_id: this.vehicleId, store_id: this.data.car.store.id });
    this.setData({ sheet: 'contact' });
  },

  closeSheet() {
    this.setData({ sheet: '' });
  },

  openTestDrive() {
    open(`/pages/test-drive/index?vehicle_id=${this.vehicleId}`);
  },

  /** Whether it can still be had is asked at the very moment: what the page shows may be minutes old. */
  async reserve() {
    if (this.data.isAsking) return undefined;
    events.track('reserve.tapped', { vehicle_id: this.vehicleId });
    this.setData({ isAsking: true });
    try {
      const now = await api.get(`/visitor/vehicles/${this.vehicleId}/availability`);
      const isTurn = Boolean(this.data.line && this.data.line.isTurn);
      if (!now.reservable && !isTurn) return await this.load();
    } catch (error) {
      if (error.status === 410 || error.status === 404) return this.load();
      // The next page asks again, and says what is wrong with the network.
    } finally {
      this.setData({ isAsking: false });
    }
    return open(`/packages/reserve/confirm?vehicle_id=${this.vehicleId}`);
  },

  openOrder() {
    open(`/pages/orders/detail?id=${this.data.orderId}`);
  },

  /** What is shared when the server cannot name a share in time: the same car, without her name. */
  shared() {
    const { car } = this.data;
    if (!car) return { title: texts('common').brand.name, query: `id=${this.vehicleId}` };
    const imageUrl = car.photos.length ? api.onCard(car.photos[0].url) : undefined;
    return { title: fill(t.share.title, { title: car.title, price: car.price.now }), query: `id=${this.vehicleId}`, imageUrl };
  },

  onShareAppMessage() {
    events.track('share.tapped', { vehicle_id: this.vehicleId, channel: 'friend' });
    this.setData({ sheet: '' });
    const { title, query, imageUrl } = this.shared();
    return share.message({ title, path: `/pages/vehicles/detail?${query}`, imageUrl }, share.forVehicle(this.vehicleId, 'friend'));
  },

  onShareTimeline() {
    events.track('share.tapped', { vehicle_id: this.vehicleId, channel: 'timeline' });
    return share.timeline(this.shared(), this.timelineShare);
  },
});
