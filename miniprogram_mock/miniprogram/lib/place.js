/** Where she is, or says she is: her own place when she allowed it, a city she chose, or nothing. */

const { texts } = require('../texts/index');
const api = require('./api');
const events = require('./events');
const launch = require('./launch');
const session = require('./session');

/** @typedef {{kind: 'here' | 'city' | 'none', lat?: number, lng?: number, city?: string}} Place */

const STORED = 'place';
const CONSENTS = '/customer/identity/consents';
/** Her own place is asked for again after this long: she may have driven on. */
const FRESH_MS = 30 * 60 * 1000;
/** Decimals of her place: 100 m are enough for a distance to a store, and nobody learns her door, not even from a log of requests. */
const DECIMALS = 3;

/** @type {(Place & {at?: number}) | undefined} */
let place;
/** @type {Set<(place: Place) => void>} */
const listeners = new Set();

/** @returns {Place} */
function current() {
  if (!place) place = wx.getStorageSync(STORED) || { kind: 'none' };
  return /** @type {Place} */ (place);
}

/** @param {Place & {at?: number}} next */
function keep(next) {
  place = next;
  wx.setStorageSync(STORED, next);
  listeners.forEach((listener) => listener(next));
}

// Who is forgotten is nowhere.
session.onChange((who) => {
  if (!who) place = { kind: 'none' };
});

/** Whether her own place is known but old. */
const isStale = () => current().kind === 'here' && Date.now() - (/** @type {any} */ (current()).at || 0) > FRESH_MS;

/**
 * Asks WeChat for her place (GCJ-02) and puts her agreement on record. Only for her own tap on something that stands beside the words
 * of that agreement (`consents.location.act`): WeChat shows its dialogs, and they are not those words.
 * @returns {Promise<Place>} rejects with the code `refused` when she said no, `unavailable` when the phone does not know
 */
async function locate() {
  if (launch.isSinglePage()) throw new api.ApiError('single_page', texts('common').errors.single_page);
  await read();
  // A record that fails is missed at the next refresh, which then forgets her place; her search does not wait for it.
  api.post(CONSENTS, { purpose: 'location', granted: true, text_version: texts('privacy').version }).catch(() => {});
  return current();
}

/**
 * Her own place once more when it is old, without a word to her: only while her agreement stands on record. Where it was taken back,
 * perhaps on another phone, or her permission in WeChat, her place is forgotten.
 */
async function refresh() {
  if (!isStale() || launch.isSinglePage()) return;
  try {
    /** @type {{items: {purpose: string, withdrawn_at: string | null}[]}} */
    const { items } = await api.get(CONSENTS);
    // She may have chosen a city meanwhile.
    if (!isStale()) return;
    if (!items.some((one) => one.purpose === 'location' && !one.withdrawn_at)) leave();
    else await read();
  } catch (error) {
    if (error.code === 'refused') leave();
  }
}

/** @returns {Promise<void>} */
function read() {
  return new Promise((resolve, reject) => {
    wx.getLocation({
      type: 'gcj02',
      success: ({ latitude, longitude }) => {
        keep({ kind: 'here', lat: rounded(latitude), lng: rounded(longitude), at: Date.now() });
        events.track('location.answered', { answer: 'granted' });
        resolve();
      },
      fail: (error) => {
        const refused = isRefusal(error);
        events.track('location.answered', { answer: refused ? 'refused' : 'unavailable' });
        const { place_refused, place_unavailable } = texts('common').errors;
        reject(new api.ApiError(refused ? 'refused' : 'unavailable', refused ? place_refused : place_unavailable));
      },
    });
  });
}

/**
 * She said no: in the permission dialog ("auth deny", "auth denied") or to the privacy terms (errno 104, 112).
 * @param {{errMsg: string, errno?: number}} error
 */
function isRefusal({ errMsg, errno }) {
  return /auth den|authorize no|privacy/.test(errMsg) || errno === 104 || errno === 112;
}

/** @param {number} degrees */
const rounded = (degrees) => Number(degrees.toFixed(DECIMALS));

/**
 * The city that her network seems to be in, for who does not let us know her place; empty when nobody knows. Only ever an offer to
 * her: networks are often wrong about it.
 * @returns {Promise<string>}
 */
async function guess() {
  try {
    return (await api.get('/visitor/places/here')).city || '';
  } catch {
    return '';
  }
}

/** She took her agreement back: where she is must not be known any more. A city that she chose was never hers to agree to. */
function leave() {
  if (current().kind === 'here') clear();
}

/** @param {string} city */
function choose(city) {
  keep({ kind: 'city', city });
}

/** She wants to be nowhere: all cars of the country, no distances. */
function clear() {
  keep({ kind: 'none' });
}

/**
 * What to spread into a search.
 * @returns {{lat?: number, lng?: number, crs?: 'gcj02', city?: string}}
 */
function query() {
  const { kind, lat, lng, city } = current();
  if (kind === 'here') return { lat, lng, crs: 'gcj02' };
  return kind === 'city' ? { city } : {};
}

/**
 * @param {(place: Place) => void} listener
 * @returns {() => void} call it to hear no more
 */
function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

module.exports = { current, locate, refresh, guess, leave, choose, clear, query, onChange };
