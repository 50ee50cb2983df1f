/** The server's API for the pages: JSON in, JSON out, one kind of error, patient where asking again is harmless. */

const config = require('../config');
const { ApiError } = require('./errors');
const events = require('./events');
const { KEY, absolute, download, fetchFile, keyed, onCard, raster } = require('./http');
const session = require('./session');

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {any} error worth another try: nothing was heard, a proxy spoke for a server that was away, or our first try is still at work */
function isPassing(error) {
  if (!(error instanceof ApiError)) return false;
  if (error.code === 'idempotency.in_progress') return true;
  return [502, 503, 504].includes(error.status) || (error.code === 'network' && !/timeout/.test(error.details.errMsg));
}

/**
 * @param {import('./http').Call} call
 * @param {number[]} pauses
 * @returns {Promise<any>}
 */
async function send(call, pauses) {
  try {
    return await session.send(call);
  } catch (error) {
    if (pauses.length && isPassing(error)) {
      await pause(pauses[0]);
      return send(call, pauses.slice(1));
    }
    if (error instanceof ApiError) report(call, error);
    throw error;
  }
}

/**
 * Paths are reported without the ids in them, so that failures of one door count together. That there was no network is nobody's failure.
 * @param {import('./http').Call} call
 * @param {InstanceType<typeof ApiError>} error
 */
function report(call, error) {
  if (['single_page', 'network'].includes(error.code)) return;
  const path = call.path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id');
  events.track('api.failed', { path, method: call.method, status: error.status, code: error.code, request_id: error.request_id });
}

/**
 * Tried twice more when the network fails or the server is away.
 * @param {string} path
 * @param {Record<string, any>} [query]
 */
const get = (path, query) => send({ method: 'GET', path, query }, config.retryPauses);

/**
 * What changes something of hers has a key, so that the server does it once and answers the same however often it is sent: it is tried
 * as often as a GET. What a visitor does has none, and is sent once.
 * @param {string} path
 * @param {any} [body]
 * @param {{idempotencyKey?: string}} [options] a key that outlives this call: who brings it asks again herself
 */
function post(path, body = {}, { idempotencyKey } = {}) {
  if (idempotencyKey) return send({ method: 'POST', path, body, headers: { [KEY]: idempotencyKey } }, []);
  const call = keyed({ method: 'POST', path, body });
  return send(call, call.headers ? config.retryPauses : []);
}

/**
 * What may be said twice: tried twice more, like a GET.
 * @param {string} path
 * @param {any} [body]
 */
const put = (path, body = {}) => send(keyed({ method: 'PUT', path, body }), config.retryPauses);

/**
 * Sent once: after her account was deleted, a repetition would sign in a new one.
 * @param {string} path
 */
const del = (path) => send({ method: 'DELETE', path }, []);

module.exports = { ApiError, absolute, download, fetchFile, onCard, raster, get, post, put, del };
