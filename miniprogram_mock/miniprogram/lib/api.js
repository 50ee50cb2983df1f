/** The server's API for the pages: JSON in, JSON out, one kind of error, patient where asking again is harmless. */

const config = require('../config');
const { ApiError } = require('./errors');
const events = require('./events');
const { absolute, download, raster } = require('./http');
const session = require('./session');

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {any} error worth another try: nothing was heard, or a proxy spoke for a server that was away */
function isPassing(error) {
  if (!(error instanceof ApiError)) return false;
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
 * @param {string} path
 * @param {any} [body]
 * @param {{idempotencyKey?: string}} [options] with the same key the server does it once and answers the same
 */
function post(path, body = {}, { idempotencyKey } = {}) {
  const headers = idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : undefined;
  return send({ method: 'POST', path, body, headers }, []);
}

/** @param {string} path */
const del = (path) => send({ method: 'DELETE', path }, []);

module.exports = { ApiError, absolute, download, raster, get, post, del };
