/** Lines for cars that somebody else holds: joining and leaving them, and how her places in them are shown. */

const api = require('../../lib/api');
const format = require('../../lib/format');
const prompts = require('../../lib/prompts');
const { fill, texts } = require('../../texts/index');
const { begin, left } = require('./countdown');

/** @typedef {{place: any, countdown: import('./countdown').Countdown}} Entry */

/** How often the server is asked for news: while it is her turn, when her time is up, and else. */
const PAUSES = { offered: 10000, handing: 2000, waiting: 15000 };

/** @param {any} place as the server told it just now */
const entry = (place) => ({ place, countdown: begin(place.offer_ends_in_seconds) });

/** Her places in lines, those that ended lately last. @returns {Promise<any[]>} */
const mine = async () => (await api.get('/customer/waiting-list/')).items;

/**
 * Her place in the line for one car; null without one.
 * @param {string} vehicleId
 * @returns {Promise<any>}
 */
async function placeFor(vehicleId) {
  const places = await mine();
  return places.find((place) => place.vehicle.id === vehicleId && !place.ended_at) || null;
}

/** @param {string} vehicleId */
const join = (vehicleId) => api.post(`/customer/waiting-list/${vehicleId}`);

/**
 * Asks her, and leaves the line if she means it.
 * @param {any} place
 * @returns {Promise<boolean>} whether she left; a failure is told here
 */
async function leave(place) {
  const t = texts('waiting').confirm;
  const content = place.status === 'offered' ? t.offered : t.waiting;
  if (!(await prompts.confirm({ title: t.title, content, confirmText: t.leave, cancelText: t.stay }))) return false;
  try {
    await api.del(`/customer/waiting-list/${place.vehicle.id}`);
    prompts.toast(t.left);
    return true;
  } catch (error) {
    prompts.fail(error);
    return false;
  }
}

/**
 * How a place stands now: its time may have run out on the phone before the server has handed the car on.
 * @param {any} place
 * @param {number} seconds left of the offer
 * @returns {'waiting' | 'offered' | 'handing' | 'onSale' | 'lapsed' | 'over'}
 */
function standingOf(place, seconds) {
  if (place.status === 'offered') return seconds > 0 ? 'offered' : 'handing';
  return place.status === 'waiting' && place.can_reserve ? 'onSale' : place.status;
}

/**
 * What is said of a place where there is room for a line or two.
 * @param {any} place
 * @param {number} seconds
 * @returns {{title: string, text: string}}
 */
function words(place, seconds) {
  const t = texts('waiting');
  const standing = standingOf(place, seconds);
  if (standing === 'offered') return { title: t.status.offered, text: fill(t.status.offeredText, { time: format.countdown(seconds) }) };
  if (standing === 'handing') return { title: t.status.offered, text: t.status.handing };
  return { title: fill(t.status.waiting, place), text: place.was_skipped ? t.status.skipped : t.status.waitingText };
}

/**
 * One of her places as the list of orders shows it.
 * @param {Entry} entry
 * @param {number} [now] milliseconds
 */
function row({ place, countdown }, now) {
  const t = texts('waiting');
  const seconds = left(countdown, now);
  const standing = standingOf(place, seconds);
  const { id, title, photo, store, price_fen } = place.vehicle;
  const isLive = !place.ended_at;
  const isTurn = standing === 'offered' || standing === 'handing';
  const said = /** @type {Record<string, string>} */ (t.list)[standing];
  return {
    id: place.id,
    vehicleId: id,
    title,
    photo,
    store: store.name,
    price: format.yuan(price_fen),
    state: place.label,
    tone: isTurn || standing === 'onSale' ? 'ok' : 'plain',
    line: isTurn || place.was_skipped ? words(place, seconds).text : fill(said, place),
    isTurn,
    mayReserve: standing === 'offered' || standing === 'onSale',
    mayLeave: isLive,
    label: fill(t.list.open, { title, label: place.label }),
    /** Whether its words change with time. */
    ticks: standing === 'offered',
    /** When the server should be asked again, in milliseconds; 0 when it ended. */
    pause: isLive ? PAUSES[/** @type {'waiting'} */ (standing)] || PAUSES.waiting : 0,
  };
}

module.exports = { entry, join, leave, mine, placeFor, row, standingOf, words };
