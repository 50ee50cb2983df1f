/** The cars she looked at last, kept on this phone only. */

const config = require('../config');

const STORED = 'recent_cars';

/** @returns {any[]} cars as in a list, the last seen first */
function all() {
  return wx.getStorageSync(STORED) || [];
}

/**
 * @param {{id: string}} car as in a list
 */
function add(car) {
  wx.setStorageSync(STORED, [car, ...all().filter((one) => one.id !== car.id)].slice(0, config.recentCars));
}

/** @param {string} id of a car that is no longer there */
function remove(id) {
  wx.setStorageSync(STORED, all().filter((one) => one.id !== id));
}

function clear() {
  wx.removeStorageSync(STORED);
}

module.exports = { all, add, remove, clear };
