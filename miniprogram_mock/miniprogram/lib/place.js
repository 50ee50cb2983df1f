/** Where she is, or says she is: her own place when she allowed it, a city she chose, or nothing. */

const { texts } = require('../texts/index');
const api = require('./api');
const events = require('./events');
const launch = require('./launch');
const session = require('./session');

/** @typedef {{kind: 'here' | 'city' | 'none', lat?: number, lng?: number, city?: string}} Place */

const STORED = 'place';
/** Her own place is asked for again after this long: she may have driven on. */
const FRESH_MS = 30 * 60 * 1000;

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
 * Asks WeChat for her place (GCJ-02). Must not be called without her wish: WeChat shows its dialogs.
 * @returns {Promise<Place>} rejects with the code `refused` when she said no, `unavailable` when the phone does not know
 */
function locate() {
  if (launch.isSinglePage()) return Promise.reject(new api.ApiError('single_page', texts('common').errors.single_page));
  return new Promise((resolve, reject) => {
    wx.getLocation({
      type: 'gcj02',
      success: ({ latitude, longitude }) => {
        keep({ kind: 'here', lat: latitude, lng: longitude, at: Date.now() });
        events.track('location.answered', { answer: 'granted' });
        recordConsent();
        resolve(current());
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

/** Her agreement is on record once she is known; without a sign-in there is nobody to record it for. */
function recordConsent() {
  if (!session.customer()) return;
  const consent = { purpose: 'location', granted: true, text_version: texts('privacy').version };
  // A record that fails now is made the next time she is located; her search does not wait for it.
  api.post('/customer/identity/consents', consent).catch(() => {});
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

module.exports = { current, isStale, locate, choose, clear, query, onChange };
