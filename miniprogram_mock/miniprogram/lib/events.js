/** Behaviour events: kept in a queue on the phone and sent in batches, also when the app goes to the background. */

const config = require('../config');
const { uuid } = require('./id');
const launch = require('./launch');
const session = require('./session');

/** @typedef {{id: string, name: string, at: string, page?: string, vehicle_id?: string, store_id?: string, share_id?: string, data?: object}} Event */

const STORED = 'events';
/** Refusals of a batch that say nothing of each event in it: too many bytes, one that is malformed. */
const HALVED = [413, 422];
const sessionId = uuid();

/** @type {Event[] | null} null until storage was read */
let queue = null;
/** @type {Promise<void> | null} */
let sending = null;
/** @type {any} */
let timer = null;

function waiting() {
  if (!queue) queue = /** @type {Event[]} */ (wx.getStorageSync(STORED) || []);
  return queue;
}

// Her account was deleted: what waits was about her, and is not sent under another name.
session.onChange((who) => {
  if (!who) queue = [];
});

/** @param {Event[]} next */
function keep(next) {
  let surplus = next.length - config.events.kept;
  // Reports of failures make room first: they are many just when nothing can be sent.
  const spared = next.filter(({ name }) => name !== 'api.failed' || surplus-- <= 0);
  queue = spared.slice(-config.events.kept);
  wx.setStorage({ key: STORED, data: queue });
}

function currentPage() {
  const stack = getCurrentPages();
  return stack.length ? stack[stack.length - 1].route : undefined;
}

/**
 * Notes what she did. `vehicle_id`, `store_id` and `share_id` in `data` become fields of their own.
 * @param {string} name one of the names the server knows
 * @param {Record<string, any>} [data] flat: strings, numbers, booleans
 */
function track(name, data = {}) {
  const { vehicle_id, store_id, share_id, ...rest } = data;
  const event = {
    id: uuid(),
    name,
    at: new Date().toISOString(),
    page: currentPage(),
    vehicle_id,
    store_id,
    share_id: share_id || launch.shareId() || undefined,
    data: Object.keys(rest).length ? rest : undefined,
  };
  keep([...waiting(), event]);
  if (waiting().length >= config.events.batch) flush();
  else schedule();
}

function schedule() {
  if (!timer) timer = setTimeout(flush, config.events.everyMs);
}

/**
 * Sends what waits, one batch after the other. Offline, everything stays for the next time; what the server refuses is given up,
 * but not the good for the bad: a batch that is too large, or not all well-formed, goes again by halves.
 * @returns {Promise<void>}
 */
function flush() {
  clearTimeout(timer);
  timer = null;
  if (!sending) {
    sending = sendAll().finally(() => {
      sending = null;
    });
  }
  return sending;
}

async function sendAll() {
  let most = config.events.most;
  while (waiting().length) {
    const batch = waiting().slice(0, most);
    const body = { visitor_id: session.visitorId(), session_id: sessionId, events: batch };
    try {
      await session.send({ method: 'POST', path: '/visitor/events/', body });
    } catch (error) {
      const { status } = error;
      if (status === 0 || status >= 500 || status === 429) return schedule();
      if (HALVED.includes(status) && batch.length > 1) {
        most = Math.ceil(batch.length / 2);
        continue;
      }
      most = config.events.most;
    }
    const sent = new Set(batch.map((event) => event.id));
    keep(waiting().filter((event) => !sent.has(event.id)));
  }
}

module.exports = { track, flush };
