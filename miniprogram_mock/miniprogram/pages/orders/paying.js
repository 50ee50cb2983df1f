/** WeChat's pay sheet for an order. What WeChat tells the phone only says what to show while the server finds out. */

const api = require('../../lib/api');
const subscribe = require('../../lib/subscribe');

/** @typedef {'paid' | 'cancelled' | 'failed'} Told */

/** Orders that WeChat called paid and the server has not settled yet: they are not offered for payment again. @type {Set<string>} */
const awaited = new Set();
/** Orders whose payment was followed by her wish to be told of their progress. @type {Set<string>} */
const subscribed = new Set();

/**
 * Opens the pay sheet.
 * @param {string} orderId
 * @param {any} payment the six values from the server
 * @returns {Promise<Told>}
 */
function request(orderId, payment) {
  return new Promise((resolve) => {
    wx.requestPayment({
      ...payment,
      success: () => {
        awaited.add(orderId);
        // Here, because WeChat lets us ask only from a tap or from this callback.
        notify(orderId).then(() => resolve('paid'));
      },
      fail: ({ errMsg }) => resolve(/cancel/.test(errMsg) ? 'cancelled' : 'failed'),
    });
  });
}

/**
 * Pays an order that waits for its payment. `paid` also when the server says that there is nothing left to pay.
 * @param {string} orderId
 * @returns {Promise<Told>} rejects with an ApiError when the server refuses
 */
async function pay(orderId) {
  const { payment } = await api.post(`/customer/orders/${orderId}/pay`);
  return payment ? request(orderId, payment) : 'paid';
}

/**
 * Asks whether WeChat may tell her how the order goes on. Only from a tap or a payment's callback.
 * @param {string} orderId
 * @returns {Promise<boolean>} whether it may
 */
async function notify(orderId) {
  const answers = Object.values(await subscribe.ask('deposit_paid'));
  if (answers.includes('accept')) subscribed.add(orderId);
  return isSubscribed(orderId);
}

/** @param {string} orderId */
const isSubscribed = (orderId) => subscribed.has(orderId);

/** @param {string} orderId */
const isAwaited = (orderId) => awaited.has(orderId);

/**
 * Ends the waiting once the server knows that it was paid, or that it never will be.
 * @param {any} order as the server tells it
 */
function settle(order) {
  if (order.paid_at || order.status === 'closed') awaited.delete(order.id);
}

module.exports = { request, pay, notify, isSubscribed, isAwaited, settle };
