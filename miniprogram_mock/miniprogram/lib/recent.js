/** The cars she looked at last, kept on this phone; those that she saw before she was signed in are brought to her list on the server. */

const api = require('./api');
const config = require('../config');
const events = require('./events');
const session = require('./session');

const STORED = 'recent_cars';
const UNBROUGHT = 'recent_unbrought';

/** @returns {any[]} cars as in a list, the last seen first */
function all() {
  return wx.getStorageSync(STORED) || [];
}

/**
 * @param {{id: string}} car as in a list
 */
function add(car) {
  wx.setStorageSync(STORED, [car, ...all().filter((one) => one.id !== car.id)].slice(0, config.recentCars));
  // Of who is signed in the server hears by what she does.
  if (session.customer()) return;
  const views = unbrought().filter((one) => one.vehicle_id !== car.id);
  wx.setStorageSync(UNBROUGHT, [{ vehicle_id: car.id, viewed_at: new Date().toISOString() }, ...views].slice(0, config.recentCars));
}

/** @returns {{vehicle_id: string, viewed_at: string}[]} */
const unbrought = () => wx.getStorageSync(UNBROUGHT) || [];

/** What this phone knows and the server does not goes there, once she is signed in. May be called again; a failure is made good then. */
async function bring() {
  await events.flush();
  const items = unbrought();
  if (!items.length || !session.customer()) return;
  try {
    await api.post('/customer/recently-viewed/', { items });
    wx.removeStorageSync(UNBROUGHT);
  } catch {
    // The next time.
  }
}

/** @param {string} id of a car that is no longer there */
function remove(id) {
  wx.setStorageSync(STORED, all().filter((one) => one.id !== id));
}

function clear() {
  wx.removeStorageSync(STORED);
  wx.removeStorageSync(UNBROUGHT);
}

module.exports = { all, add, bring, remove, clear };
