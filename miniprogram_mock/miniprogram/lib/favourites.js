/** The cars she likes. The server keeps them; the phone knows which, so that every heart is right at once. */

const api = require('./api');
const prompts = require('./prompts');
const session = require('./session');
const { texts } = require('../texts/index');

const STORED = 'favourites';
const DOOR = '/customer/favourites/';

/** @type {string[] | undefined} undefined until storage was read */
let ids;
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {string[]} */
function known() {
  if (!ids) ids = wx.getStorageSync(STORED) || [];
  return /** @type {string[]} */ (ids);
}

/** @param {string[]} next */
function keep(next) {
  ids = next;
  wx.setStorageSync(STORED, next);
  listeners.forEach((listener) => listener());
}

// Who is forgotten likes nothing. Who turns out to be somebody that the server knew has hearts of before.
let owner = '';
session.onChange((who) => {
  if (!who) {
    ids = [];
    listeners.forEach((listener) => listener());
  } else if (owner && who.id !== owner) refresh();
  owner = who ? who.id : '';
});

/** @param {string} id */
const has = (id) => known().includes(id);

/**
 * Likes a car, or no longer. The heart answers at once; a server that refuses takes it back with a word. Who was never signed in is
 * now: by WeChat, without being asked twice.
 * @param {string} id
 */
async function toggle(id) {
  const liked = !has(id);
  const before = known();
  keep(liked ? [id, ...before] : before.filter((one) => one !== id));
  try {
    if (liked) await api.put(`${DOOR}${id}`);
    else await api.del(`${DOOR}${id}`);
    prompts.toast(liked ? texts('common').heart.liked : texts('common').heart.unliked);
  } catch (error) {
    keep(liked ? known().filter((one) => one !== id) : [id, ...known()]);
    prompts.fail(error);
  }
}

/** Asks the server which they are. Offline, what the phone knew stays. */
async function refresh() {
  try {
    const { ids: told } = await api.get(`${DOOR}ids`);
    keep(told);
  } catch {
    // What the phone knew stays; the next sign-in asks again.
  }
}

/**
 * @param {() => void} listener
 * @returns {() => void} call it to hear no more
 */
function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

module.exports = { has, toggle, refresh, onChange };
