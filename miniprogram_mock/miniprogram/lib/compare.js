/** The cars that she wants to see side by side: a few, kept on this phone. */

const config = require('../config');
const session = require('./session');

/** @typedef {{id: string, title: string, photo: string | null}} Picked */

const STORED = 'compared_cars';

/** @type {Picked[] | undefined} undefined until storage was read */
let picked;
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Picked[]} in the order in which she picked them */
function all() {
  if (!picked) picked = wx.getStorageSync(STORED) || [];
  return /** @type {Picked[]} */ (picked);
}

/** @param {Picked[]} next */
function keep(next) {
  picked = next;
  wx.setStorageSync(STORED, next);
  listeners.forEach((listener) => listener());
}

// Who is forgotten has picked nothing.
session.onChange((who) => {
  if (who) return;
  picked = [];
  listeners.forEach((listener) => listener());
});

/** @param {string} id */
const has = (id) => all().some((one) => one.id === id);

/**
 * Picks a car, or puts it back.
 * @param {Picked} car
 * @returns {boolean} false when there is no room for one more
 */
function toggle({ id, title, photo }) {
  if (has(id)) remove(id);
  else if (all().length >= config.comparedCars) return false;
  else keep([...all(), { id, title, photo }]);
  return true;
}

/** @param {string} id */
function remove(id) {
  keep(all().filter((one) => one.id !== id));
}

function clear() {
  keep([]);
}

/**
 * @param {() => void} listener
 * @returns {() => void} call it to hear no more
 */
function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

module.exports = { all, has, toggle, remove, clear, onChange };
