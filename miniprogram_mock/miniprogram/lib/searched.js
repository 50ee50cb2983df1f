/** The words that she searched for last, kept on this phone only. */

const config = require('../config');

const STORED = 'searched_words';

/** @returns {string[]} the last one first */
function all() {
  return wx.getStorageSync(STORED) || [];
}

/** @param {string} words */
function add(words) {
  if (words) wx.setStorageSync(STORED, [words, ...all().filter((one) => one !== words)].slice(0, config.searchedWords));
}

function clear() {
  wx.removeStorageSync(STORED);
}

module.exports = { all, add, clear };
