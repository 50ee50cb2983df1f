/** After the pay sheet: says what the server knows of the money, and asks until it knows. What WeChat told the phone decides nothing. */

const deposit = require('../../lib/deposit');
const events = require('../../lib/events');
const format = require('../../lib/format');
const prompts = require('../../lib/prompts');
const subscribe = require('../../lib/subscribe');
const { fill, texts } = require('../../texts/index');
const { following } = require('../../pages/orders/following');
const paying = require('../../pages/orders/paying');

const t = texts('reserve').result;

/** What this page shows for a standing of the order; everything else is over. @type {Record<string, string>} */
const KINDS = { confirming: 'pending', ending: 'pending', awaiting: 'unpaid', paid: 'paid', confirmed: 'paid', converted: 'paid' };

/** After so many looks she is told that it takes longer, and then that she may leave. */
const SLOW_LOOKS = 6;
const LATE_LOOKS = 20;

/**
 * @param {number} looks
 * @param {boolean} offline
 */
function pendingText(looks, offline) {
  if (offline) return t.pending.offline;
  if (looks < SLOW_LOOKS) return t.pending.early;
  return looks < LATE_LOOKS ? t.pending.slow : t.pending.late;
}

/**
 * @param {import('../../pages/orders/follow').Look} look
 * @param {string} told what WeChat said: paid, cancelled, failed, or nothing
 */
function viewOf({ order, standing, looks, trouble }, told) {
  const kind = KINDS[standing] || 'over';
  const why = /** @type {Record<string, string>} */ (t.over)[standing];
  const { store } = order.vehicle;
  const words = { deposit: deposit.word(order), amount: format.yuan(order.amount_fen), store: store.name };
  const change = fill(t.paid.change[deposit.isKept(order) ? 'forfeit' : 'full'], words);
  return {
    kind,
    pendingText: pendingText(looks, Boolean(trouble)),
    unpaidText: told === 'cancelled' ? t.unpaid.cancelled : told === 'failed' ? t.unpaid.failed : t.unpaid.open,
    overText: kind === 'over' ? why : '',
    heldUntil: fill(t.paid.until, { time: format.dateTime(order.hold.expires_at) }),
    paidAmount: fill(t.paid.amount, words),
    payAgain: fill(t.unpaid.again, words),
    steps: t.paid.steps.map(({ title, text }) => ({ title, text: fill(text, { ...words, change }) })),
    car: { ...order.vehicle, alt: order.vehicle.title, price: format.yuan(order.vehicle.price_fen), store: `${store.name} · ${store.city}` },
  };
}

Page({
  data: {
    t,
    state: 'loading',
    failure: '',
    /** Where a failure leads instead of another try. */
    action: '',
    view: /** @type {any} */ (null),
    countdown: '',
    heldFor: '',
    maySubscribe: false,
    subscribed: false,
    busy: false,
  },

  ...following(t),

  told: '',

  /** @param {{id?: string, told?: string}} query */
  onLoad({ id = '', told = '' }) {
    this.told = told;
    this.follow(id);
    events.track('page.viewed', { told });
  },

  /** @param {import('../../pages/orders/follow').Look} look */
  show(look) {
    const countdown = format.countdown(look.left);
    const subscribed = paying.isSubscribed(this.id);
    this.setData({
      state: 'ready',
      view: viewOf(look, this.told),
      countdown,
      heldFor: fill(t.paid.left, { time: countdown }),
      subscribed,
      maySubscribe: !subscribed && subscribe.offers('deposit_paid'),
    });
  },

  async payAgain() {
    if (this.data.busy) return;
    this.setData({ busy: true });
    try {
      this.told = await paying.pay(this.id);
    } catch (error) {
      prompts.fail(error);
    }
    this.setData({ busy: false });
    this.follower.start();
  },

  async notify() {
    const subscribed = await paying.notify(this.id);
    this.setData({ subscribed, maySubscribe: !subscribed });
  },

  /** Back to the order's page when she came from there, so that it does not lie twice on the stack. */
  openOrder() {
    const below = getCurrentPages().slice(-2)[0];
    if (below && below.route === 'pages/orders/detail' && below.options.id === this.id) wx.navigateBack();
    else wx.redirectTo({ url: `/pages/orders/detail?id=${this.id}` });
  },

  goHome() {
    wx.switchTab({ url: '/pages/index/index' });
  },

  goToCars() {
    wx.switchTab({ url: '/pages/vehicles/index' });
  },
});
