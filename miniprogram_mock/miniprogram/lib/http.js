/** One HTTP request to our server and what it may answer; knows nothing of who is signed in. */

const config = require('../config');
const { texts } = require('../texts/index');
const { ApiError } = require('./errors');
const { uuid } = require('./id');

const KEY = 'Idempotency-Key';

/**
 * @typedef {object} Call
 * @property {'GET' | 'POST' | 'PUT' | 'DELETE'} method WeChat knows no PATCH
 * @property {string} path like `/visitor/vehicles/`
 * @property {Record<string, any>} [query] null, undefined, '' and empty lists are left out; lists are joined by commas
 * @property {any} [body]
 * @property {string} [token]
 * @property {Record<string, string>} [headers]
 */

/** @type {string | undefined} */
let appid;

function ownAppid() {
  if (appid === undefined) appid = wx.getAccountInfoSync().miniProgram.appId;
  return appid;
}

/**
 * `?a=1&b=2,3`, or nothing.
 * @param {Record<string, any>} [query]
 */
function queryString(query) {
  const parts = Object.entries(query || {})
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value])
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return parts.length ? `?${parts.join('&')}` : '';
}

/**
 * The whole address of something the server named by its path alone, such as a picture.
 * @param {string | null | undefined} url
 */
function absolute(url) {
  if (!url) return '';
  return url.startsWith('/') ? config.origin + url : url;
}

/**
 * The same picture where WeChat takes no SVG: cards of shares, previews, canvases. Our server has a PNG beside each of its drawings;
 * pages show the drawing itself, which costs nobody anything to make.
 * @param {string | null | undefined} url
 */
const raster = (url) => absolute(url).replace(/(\/media\/vehicles\/[^?]+)\.svg$/, '$1.png');

/**
 * The same picture as WeChat's share cards take it: neither SVG nor WebP.
 * @param {string | null | undefined} url
 */
const onCard = (url) => raster(url).replace(/(\/media\/photos\/[0-9a-f]{64}\/)\d+\.webp$/, '$1card.jpg');

/**
 * The call with a key by which the server knows its repetitions, when it changes something of hers; a key that is there already stays.
 * @param {Call} call
 * @returns {Call}
 */
function keyed(call) {
  if (call.method === 'GET' || !call.path.startsWith('/customer/') || (call.headers && call.headers[KEY])) return call;
  return { ...call, headers: { ...call.headers, [KEY]: uuid() } };
}

/**
 * @param {number} status
 * @param {any} body
 */
function refusal(status, body) {
  const told = body && typeof body === 'object' ? body : {};
  const { errors } = texts('common');
  return new ApiError(told.error || `http_${status}`, told.message || (status >= 500 ? errors.server : errors.request), {
    status,
    details: told.details,
    request_id: told.request_id,
  });
}

/**
 * Sends once. Rejects with an ApiError; `network` when nothing came back.
 * @param {Call} call
 * @returns {Promise<any>}
 */
function send(call) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', 'X-Appid': ownAppid(), ...call.headers };
  if (call.token) headers.Authorization = `Bearer ${call.token}`;
  return new Promise((resolve, reject) => {
    wx.request({
      url: config.origin + '/api' + call.path + queryString(call.query),
      method: call.method,
      data: call.body,
      header: call.body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      timeout: config.requestTimeout,
      success: ({ statusCode, data }) => {
        if (statusCode >= 200 && statusCode < 300) resolve(data);
        else reject(refusal(statusCode, data));
      },
      fail: ({ errMsg }) => {
        const { errors } = texts('common');
        reject(new ApiError('network', /timeout/.test(errMsg) ? errors.timeout : errors.network, { details: { errMsg } }));
      },
    });
  });
}

/**
 * Fetches a file of the API, such as a mini-program code: a picture's own address could not say which mini-program asks.
 * @param {string} path
 */
const download = (path) => fetchFile(config.origin + '/api' + path);

/**
 * @param {string} url of a file of ours
 * @returns {Promise<string>} a temporary file's path
 */
function fetchFile(url) {
  return new Promise((resolve, reject) => {
    wx.downloadFile({
      url: absolute(url),
      header: { 'X-Appid': ownAppid() },
      timeout: config.requestTimeout,
      success: ({ statusCode, tempFilePath }) => {
        if (statusCode === 200) resolve(tempFilePath);
        else reject(refusal(statusCode, null));
      },
      fail: ({ errMsg }) => reject(new ApiError('network', texts('common').errors.network, { details: { errMsg } })),
    });
  });
}

module.exports = { KEY, absolute, download, fetchFile, keyed, onCard, queryString, raster, send };
