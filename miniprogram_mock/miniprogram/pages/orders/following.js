/** The life that the pages of one order share: they follow it while they are shown, and lead to all orders when it is not theirs. */

const { failureOf } = require('../../lib/errors');
const { Follower } = require('./follow');

/**
 * What a page needs to follow its order, to be spread into it. The page has `show(look)`, and calls `follow` when it loads.
 * @param {{missing: string, toOrders: string}} words for an order that is not hers
 */
const following = (words) => ({
  id: '',
  follower: /** @type {Follower} */ (/** @type {any} */ (null)),

  /**
   * @this {any}
   * @param {string} id
   */
  follow(id) {
    this.id = id;
    this.follower = new Follower(
      id,
      (look) => this.show(look),
      (error) => this.setData(error.status === 404 ? { state: 'error', failure: words.missing, action: words.toOrders } : { ...failureOf(error), action: '' }),
    );
  },

  onShow() {
    this.follower.start();
  },

  onHide() {
    this.follower.stop();
  },

  onUnload() {
    this.follower.stop();
  },

  async onPullDownRefresh() {
    await this.follower.start();
    wx.stopPullDownRefresh();
  },

  /**
   * The button of a failure: to all orders when there is nothing to try again.
   * @this {any}
   */
  retry() {
    if (this.data.action) return wx.switchTab({ url: '/pages/orders/index' });
    this.setData({ state: 'loading' });
    return this.follower.start();
  },
});

module.exports = { following };
