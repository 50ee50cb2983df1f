/** Follows one order while its page is shown: loads it, ticks its countdown, and asks the server again as long as it may change. */

const api = require('../../lib/api');
const { begin, left } = require('./countdown');
const paying = require('./paying');
const { pauseOf, standingOf } = require('./standing');

/** @typedef {{order: any, standing: import('./standing').Standing, left: number, looks: number, trouble: any}} Look */

class Follower {
  /**
   * @param {string} id
   * @param {(look: Look) => void} show told at every look and every second of a countdown; `trouble` is why a later look failed
   * @param {(error: any) => void} failed told when the first look fails
   */
  constructor(id, show, failed) {
    this.id = id;
    this.show = show;
    this.failed = failed;
    /** @type {any} */
    this.order = null;
    this.countdown = begin(0);
    this.looks = 0;
    this.running = false;
    /** @type {any} */
    this.timer = null;
    /** @type {any} */
    this.ticker = null;
  }

  /** Looks at once, and goes on until `stop`. May be called again to look now. */
  async start() {
    this.running = true;
    clearTimeout(this.timer);
    let trouble = null;
    try {
      this.take(await api.get(`/customer/orders/${this.id}`));
    } catch (error) {
      if (!this.order || error.status === 404) return this.running && this.failed(error);
      trouble = error;
    }
    this.looks += 1;
    if (this.running) this.told(trouble);
    return undefined;
  }

  /** @param {any} order as the server told it just now */
  take(order) {
    if (this.order && standing(this.order) !== standing(order)) this.looks = 0;
    this.order = order;
    this.countdown = begin(order.hold.ends_in_seconds);
    paying.settle(order);
  }

  /** @param {any} trouble */
  told(trouble) {
    const look = this.look(trouble);
    this.show(look);
    clearTimeout(this.timer);
    const pause = pauseOf(look.standing, this.looks);
    if (pause) this.timer = setTimeout(() => this.start(), pause);
    clearInterval(this.ticker);
    if (look.left > 0 && this.order.status !== 'closed') this.ticker = setInterval(() => this.tick(), 1000);
  }

  tick() {
    const look = this.look(null);
    this.show(look);
    if (look.left > 0) return;
    clearInterval(this.ticker);
    this.start();
  }

  /**
   * @param {any} trouble
   * @returns {Look}
   */
  look(trouble) {
    const seconds = left(this.countdown);
    const now = { left: seconds, awaited: paying.isAwaited(this.id) };
    return { order: this.order, standing: standingOf(this.order, now), left: seconds, looks: this.looks, trouble };
  }

  stop() {
    this.running = false;
    clearTimeout(this.timer);
    clearInterval(this.ticker);
  }
}

/** @param {any} order */
const standing = (order) => `${order.status} ${order.payment_status} ${order.is_ending}`;

module.exports = { Follower };
