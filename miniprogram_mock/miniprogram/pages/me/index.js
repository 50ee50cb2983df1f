/** She herself: how she is called, her number, and the ways to everything that is hers. */

const alerts = require('../../lib/alerts');
const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const { fill, texts } = require('../../texts/index');
const consents = require('../../components/agreement/consents');

const t = texts('me');

/** The server takes no more. */
const LONGEST_NAME = 20;
/** Old clients look at a nickname without telling the page; after this long they have, and have emptied the field of a bad one. */
const UNTOLD_MS = 3000;

/** What she keeps, with how many of each there are. */
const FINDS = [
  { key: 'favourites', icon: 'heart', url: '/packages/finds/favourites' },
  { key: 'recent', icon: 'clock', url: '/packages/finds/recent' },
  { key: 'searches', icon: 'bookmark', url: '/packages/finds/searches' },
  { key: 'alerts', icon: 'bell', url: '/packages/finds/alerts' },
].map((entry) => ({ ...entry, text: t.finds[/** @type {'alerts'} */ (entry.key)] }));

const ENTRIES = [
  { key: 'orders', icon: 'order', tab: '/pages/orders/index' },
  { key: 'stores', icon: 'store', url: '/pages/stores/index' },
  { key: 'consents', icon: 'shield', url: '/packages/account/consents' },
  { key: 'privacy', icon: 'lock', url: '/packages/account/privacy' },
  { key: 'about', icon: 'info', url: '/packages/account/about' },
].map((entry) => ({ ...entry, text: t.entries[/** @type {'orders'} */ (entry.key)] }));

Page({
  data: {
    t,
    finds: FINDS,
    /** What stands beside each of them. @type {Record<string, string>} */ counts: {},
    unread: '',
    entries: ENTRIES,
    longest: LONGEST_NAME,
    state: 'loading',
    failure: '',
    action: '',
    hello: '',
    nickname: '',
    phone: '',
    changeLabel: '',
    /** Binding a number needs no agreement to share it. */
    purposes: ['phone'],
    binding: false,
    nudge: '',
  },

  stopListening: () => {},
  /** The name that WeChat is looking at. */
  proposed: '',
  /** The field is hers, from when she goes into it until what she wrote is decided: whatever the server tells meanwhile stays out of it. */
  typing: false,
  untold: /** @type {any} */ (null),

  onLoad() {
    this.stopListening = session.onChange((customer) => customer && this.show(customer));
    const known = session.customer();
    if (known) this.show(known);
  },

  onShow() {
    events.track('page.viewed', { name: 'me' });
    this.load();
    alerts.mark();
    this.count();
  },

  onUnload() {
    this.propose('');
    this.stopListening();
  },

  async onPullDownRefresh() {
    await Promise.all([this.load(), this.count()]);
    wx.stopPullDownRefresh();
  },

  /** What is known is on the screen already; the server may know more. */
  async load() {
    try {
      await session.refresh();
    } catch (error) {
      if (this.data.state === 'ready') return;
      if (error.code === 'login') this.setData({ state: 'error', failure: t.signedOut.text, action: t.signedOut.action });
      else this.setData({ ...failureOf(error), action: '' });
    }
  },

  /** How many of each she has; without an answer the ways are there all the same. */
  async count() {
    try {
      const told = await api.get('/customer/interests/summary');
      const said = (/** @type {number} */ count) => (count ? format.count(count) : '');
      this.setData({
        counts: { favourites: said(told.favourites), recent: said(told.recently_viewed), searches: said(told.saved_searches) },
        unread: said(told.unread_alerts),
      });
      alerts.tell(told.unread_alerts);
    } catch {
      this.setData({ unread: '' });
    }
  },

  /** @param {any} event */
  openFind(event) {
    open(this.data.finds[event.currentTarget.dataset.index].url);
  },

  retry() {
    this.setData({ state: 'loading' });
    this.load();
  },

  /** @param {import('../../lib/session').Customer} customer */
  show({ nickname, phone_masked }) {
    this.setData({
      state: 'ready',
      hello: nickname ? fill(t.nickname.hello, { name: nickname }) : t.nickname.nobody,
      ...(this.typing ? {} : { nickname: nickname || '' }),
      phone: phone_masked || '',
      changeLabel: fill(t.phone.changeLabel, { phone: phone_masked }),
    });
  },

  /** A name that was left before and is still looked at is not the one she wants. */
  renames() {
    this.typing = true;
    this.propose('');
  },

  /**
   * She left the field: WeChat looks at the name now and tells by `nicknamereview`. Strangers read it, so it is kept only then.
   * @param {any} event
   */
  left({ detail }) {
    const nickname = detail.value.trim();
    if (!nickname || nickname === this.data.nickname) return this.restore(detail.value);
    this.propose(nickname);
    if (!wx.canIUse('input.bindnicknamereview')) this.untold = setTimeout(() => this.rename(), UNTOLD_MS);
    return undefined;
  },

  /** @param {any} event WeChat's judgement of the name, or that it came to none */
  reviewed({ detail }) {
    if (detail.pass) return this.rename();
    this.restore(this.proposed);
    this.propose('');
    return prompts.toast(detail.timeout ? t.nickname.notReviewed : t.nickname.refused);
  },

  /** @param {string} nickname */
  propose(nickname) {
    clearTimeout(this.untold);
    this.proposed = nickname;
  },

  async rename() {
    const nickname = this.proposed;
    this.propose('');
    if (!nickname) return;
    this.typing = false;
    try {
      await session.rename(nickname);
      prompts.toast(t.nickname.saved);
    } catch (error) {
      prompts.fail(error);
      this.restore(nickname);
    }
  },

  /**
   * The field goes back to what is kept: set to what stands there first, or WeChat sees no change.
   * @param {string} typed
   */
  restore(typed) {
    this.typing = false;
    const { nickname } = this.data;
    this.setData({ nickname: typed }, () => this.setData({ nickname }));
  },

  bind() {
    this.setData({ binding: true, nudge: '' });
  },

  stopBinding() {
    this.setData({ binding: false });
  },

  /** @param {any} event what the agreement still misses: nothing once her number is bound */
  bound({ detail }) {
    this.setData({ nudge: '' });
    if (detail.missing) return;
    this.stopBinding();
    prompts.toast(t.phone.bound);
  },

  /** @param {any} event */
  nudged({ detail }) {
    this.setData({ nudge: detail.missing });
  },

  /** @param {any} event another number for the one that is bound */
  async changeNumber({ detail }) {
    if (!detail.code) return;
    try {
      if (!(await this.mayUseNumber())) return;
      await session.bindPhone(detail.code);
      prompts.toast(t.phone.changed);
    } catch (error) {
      prompts.fail(error);
    }
  },

  /** Her agreement may have been taken back since the first number. */
  async mayUseNumber() {
    if (consents.standing(await consents.all(), 'phone')) return true;
    const { tick } = texts('privacy').consents.phone;
    const agreed = await prompts.confirm({ title: t.phone.heading, content: tick, confirmText: texts('common').actions.agree });
    if (agreed) await consents.give(['phone']);
    return agreed;
  },

  /** @param {any} event */
  open(event) {
    const { tab, url } = this.data.entries[event.currentTarget.dataset.index];
    if (tab) wx.switchTab({ url: tab });
    else open(String(url));
  },
});
