/** A campaign: what it is, its cars, the form to take part, and at the door the code that she shows. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const launch = require('../../lib/launch');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const { fill, texts } = require('../../texts/index');
const consents = require('../../components/agreement/consents');
const { filled, missing, shown } = require('./fields');

const t = texts('campaign');
const { agreement } = texts('privacy');

/** A ticket is renewed so long before it expires, and no oftener than that. */
const AHEAD_MS = 20_000;

Page({
  data: {
    t,
    state: 'loading',
    message: '',
    campaign: /** @type {any} */ (null),
    days: '',
    fields: /** @type {any[]} */ ([]),
    given: /** @type {Record<string, string>} */ ({}),
    first: /** @type {Record<string, string>} what stood in the form when it was opened again */ ({}),
    chosen: /** @type {Record<string, string>} the label of what was chosen of a long list */ ({}),
    asksNumber: false,
    purposes: /** @type {string[]} */ ([]),
    missing: /** @type {'' | 'unknown' | keyof typeof agreement.missing} */ ('unknown'),
    ticked: /** @type {any[]} */ ([]),
    nudge: '',
    agreed: false,
    wanting: '',
    single: false,
    filling: false,
    sending: false,
    done: '',
    ticket: /** @type {'' | 'loading' | 'failed' | 'ready'} */ (''),
    picture: '',
  },

  id: '',
  code: '',
  /** What the code on her screen says. */
  ticket: '',
  renewal: /** @type {any} */ (0),

  /** @param {{id?: string, scene?: string}} query a campaign, or the code that was scanned */
  onLoad({ id = '', scene = '' }) {
    this.id = id;
    this.code = id ? '' : launch.shareIn({ scene });
    this.setData({ single: launch.isSinglePage() });
    this.load();
  },

  onShow() {
    if (this.data.ticket) this.renew();
  },

  onHide() {
    clearTimeout(this.renewal);
  },

  onUnload() {
    clearTimeout(this.renewal);
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    this.setData({ state: this.data.campaign ? 'ready' : 'loading' });
    try {
      // Whoever cannot be signed in now reads it as a stranger.
      if (!this.data.single) await session.ensure().catch(() => null);
      const path = this.code ? `/visitor/campaigns/codes/${encodeURIComponent(this.code)}` : `/visitor/campaigns/${this.id}`;
      this.show(await api.get(path, this.code ? { visitor_id: session.visitorId() } : undefined));
    } catch (error) {
      if (error.status === 404) return this.setData({ state: 'unknown', message: t.unknown });
      const { state, failure } = failureOf(error);
      this.setData({ state, message: failure });
    }
    return undefined;
  },

  /** @param {any} told `PageOut` of the server */
  show(told) {
    this.id = told.id;
    const stores = told.stores.map((/** @type {any} */ one) => ({ id: one.id, label: fill(t.store, one) }));
    const asksNumber = told.fields.some((/** @type {any} */ one) => one.kind === 'phone');
    const isOwn = told.consent && told.consent.purpose === 'dealer_sharing';
    this.setData({
      state: 'ready',
      campaign: told,
      days: fill(told.begins_on === told.ends_on ? t.oneDay : t.days, { from: told.begins_on, until: told.ends_on }),
      fields: shown(told.fields, told.vehicles, stores),
      asksNumber,
      // What the campaign asks in its own words is not asked twice.
      purposes: isOwn ? ['phone'] : ['phone', 'dealer_sharing'],
      missing: asksNumber ? this.data.missing : '',
      filling: told.state === 'open' && !(told.mine && told.mine.answered),
    });
    wx.setNavigationBarTitle({ title: told.name });
    events.track('page.viewed', { name: 'campaign', campaign_id: told.id });
  },

  /** @param {any} event */
  typed({ currentTarget, detail }) {
    this.put(currentTarget.dataset.key, detail.value);
  },

  /** @param {any} event */
  choose({ currentTarget }) {
    const { key, value } = currentTarget.dataset;
    this.put(key, this.data.given[key] === value ? '' : value);
  },

  /** @param {any} event of a picker over a long list */
  picked({ currentTarget, detail }) {
    const { key } = currentTarget.dataset;
    const option = this.data.fields.find((one) => one.key === key).options[Number(detail.value)];
    this.put(key, option.value);
    this.setData({ chosen: { ...this.data.chosen, [key]: option.label } });
  },

  /**
   * @param {string} key
   * @param {string} value
   */
  put(key, value) {
    this.setData({ given: { ...this.data.given, [key]: value }, wanting: this.data.wanting === key ? '' : this.data.wanting });
  },

  /** @param {any} event what the agreement still misses */
  agreement({ detail }) {
    this.setData({ missing: detail.missing, ticked: detail.ticked, nudge: '' });
  },

  /** @param {any} event */
  nudged({ detail }) {
    this.setData({ nudge: detail.missing });
  },

  /** @param {any} event */
  consented({ detail }) {
    this.setData({ agreed: detail.checked, nudge: '' });
  },

  /** What keeps her from taking part, and whether she was told. */
  isHeldUp() {
    const { fields, given, campaign, agreed, asksNumber } = this.data;
    const empty = missing(fields, given);
    if (empty) {
      this.setData({ wanting: empty.key });
      prompts.toast(fill(t.missing.field, empty));
      return true;
    }
    if (campaign.consent && !agreed) {
      this.setData({ nudge: 'consent' });
      prompts.toast(t.missing.consent);
      return true;
    }
    if (asksNumber && this.data.missing) {
      this.setData({ nudge: this.data.missing });
      prompts.toast(this.data.missing === 'unknown' ? agreement.failed : agreement.missing[this.data.missing]);
      return true;
    }
    return false;
  },

  async submit() {
    if (this.data.sending || this.isHeldUp()) return;
    this.setData({ sending: true });
    try {
      const { campaign, given, ticked } = this.data;
      if (ticked.length) await consents.give(ticked);
      const body = { given: filled(given), code_id: this.code || undefined, consent_version: campaign.consent ? campaign.consent.version : undefined };
      const answered = await api.post(`/customer/campaigns/${this.id}/answers`, body);
      this.setData({ filling: false, done: this.told(answered), campaign: { ...campaign, mine: { ...campaign.mine, answered: true } } });
      wx.pageScrollTo({ scrollTop: 0, duration: 0 });
    } catch (error) {
      prompts.fail(error);
    }
    this.setData({ sending: false });
  },

  /** What she may expect now. @param {{lead_id: string | null}} answered */
  told({ lead_id }) {
    const phone = (session.customer() || { phone_masked: '' }).phone_masked;
    return lead_id && phone ? `${t.done.text}${fill(t.done.called, { phone })}` : t.done.text;
  },

  again() {
    this.setData({ filling: true, first: this.data.given });
  },

  async renew() {
    clearTimeout(this.renewal);
    if (!this.data.picture) this.setData({ ticket: 'loading' });
    try {
      const { ticket, picture, expires_at } = await api.get(`/customer/campaigns/${this.id}/ticket`);
      this.ticket = ticket;
      this.setData({ ticket: 'ready', picture });
      this.renewal = setTimeout(() => this.renew(), Math.max(AHEAD_MS, Date.parse(expires_at) - Date.now() - AHEAD_MS));
    } catch (error) {
      this.setData({ ticket: 'failed', picture: '' });
      prompts.fail(error);
    }
  },

  hideTicket() {
    clearTimeout(this.renewal);
    this.setData({ ticket: '', picture: '' });
    // Whether she was let in meanwhile.
    this.load();
  },

  /** @param {any} event */
  openCar({ detail }) {
    open(`/pages/vehicles/detail?id=${detail.id}`);
  },

  home() {
    wx.switchTab({ url: '/pages/index/index' });
  },

  onShareAppMessage() {
    return { title: this.data.campaign ? this.data.campaign.name : '', path: `/pages/campaigns/detail?id=${this.id}` };
  },

  onShareTimeline() {
    return { title: this.data.campaign ? this.data.campaign.name : '', query: `id=${this.id}` };
  },
});
