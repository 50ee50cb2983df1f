/** What one page leaves for a tab page, which can be switched to but takes no query. */

/** @type {Map<string, any>} */
const left = new Map();

/**
 * @param {string} key
 * @param {any} value
 */
function give(key, value) {
  left.set(key, value);
}

/**
 * What was left, once.
 * @param {string} key
 */
function take(key) {
  const value = left.get(key);
  left.delete(key);
  return value;
}

module.exports = { give, take };
