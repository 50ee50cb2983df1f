/** What a refused reservation shows instead of the form, and where it leads her. */

const format = require('../../lib/format');
const { fill, texts } = require('../../texts/index');

const LIST = '/pages/vehicles/index';
/** Nobody can reserve this car here until its dealer or the brand has put something right. */
const CLOSED = ['orders.terms_missing', 'orders.terms_unfit', 'payments.payee_missing'];

/**
 * @typedef {object} Refusal
 * @property {string} title
 * @property {string} text
 * @property {string} [hint]
 * @property {string} action
 * @property {string} [url] a page to go to; neither `url` nor `tab`: look again
 * @property {string} [tab]
 * @property {any[]} similar
 */

/**
 * @param {any} error an ApiError
 * @param {any[]} similar cars to look at instead
 * @returns {Refusal | null} null when the form stays and only says the error's message
 */
function refusalOf(error, similar) {
  const t = texts('reserve').refused;
  const { code, status, details = {} } = error;
  if (code === 'orders.not_on_sale') {
    const hint = details.retry_after ? fill(t.notOnSale.retry, { time: format.countdown(details.retry_after) }) : '';
    return { title: t.notOnSale.title, text: t.notOnSale.text, hint, action: t.notOnSale.again, similar };
  }
  if (code === 'orders.limit_reached') {
    return { title: t.limit.title, text: t.limit.text, action: t.limit.open, url: `/pages/orders/detail?id=${details.order_id}`, similar: [] };
  }
  if (status === 404 || code === 'vehicles.gone') {
    return { title: t.gone.title, text: t.gone.text, action: t.gone.list, tab: LIST, similar: details.similar || [] };
  }
  if (CLOSED.includes(code)) {
    return { title: t.closed.title, text: t.closed.text, action: t.closed.stores, url: '/pages/stores/index', similar: [] };
  }
  return null;
}

/**
 * The car is held, and it is she who holds it.
 * @param {any[]} orders hers, the newest first
 * @param {string} vehicleId
 * @returns {Refusal | null}
 */
function ownOrder(orders, vehicleId) {
  const found = orders.find((order) => order.vehicle.id === vehicleId && order.status !== 'closed');
  if (!found) return null;
  const { title, text, open } = texts('reserve').refused.own;
  return { title, text, action: open, url: `/pages/orders/detail?id=${found.id}`, similar: [] };
}

module.exports = { ownOrder, refusalOf };
