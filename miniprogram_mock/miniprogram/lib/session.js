/** Who she is: the silent sign-in by WeChat, the token, and what she changes about herself. */

const { texts } = require('../texts/index');
const { ApiError } = require('./errors');
const http = require('./http');
const { uuid } = require('./id');
const launch = require('./launch');

/** @typedef {{id: string, nickname: string | null, phone_masked: string | null}} Customer */
/** @typedef {{token: string, customer: Customer}} Session */

const SESSION = 'session';
const VISITOR = 'visitor_id';

/** @type {Session | null | undefined} undefined until storage was read */
let session;
/** @type {Promise<Customer> | null} */
let signingIn = null;
/** @type {Set<(customer: Customer | null) => void>} */
const listeners = new Set();

/** What this phone calls itself before anybody signs in; made once. */
function visitorId() {
  let id = wx.getStorageSync(VISITOR);
  if (!id) {
    id = uuid();
    wx.setStorageSync(VISITOR, id);
  }
  return id;
}

/** @returns {Session | null} */
function current() {
  if (session === undefined) session = wx.getStorageSync(SESSION) || null;
  return session || null;
}

/** @param {Session | null} next */
function keep(next) {
  session = next;
  if (next) wx.setStorageSync(SESSION, next);
  else wx.removeStorageSync(SESSION);
  const who = next && next.customer;
  listeners.forEach((listener) => listener(who));
}

const customer = () => (current() || { customer: null }).customer;
const token = () => (current() || { token: '' }).token;

/** @returns {Promise<string>} */
function loginCode() {
  return new Promise((resolve, reject) => {
    wx.login({
      success: ({ code }) => resolve(code),
      fail: () => reject(new ApiError('login', texts('common').errors.login)),
    });
  });
}

/** @returns {Promise<Customer>} */
async function signIn() {
  const code = await loginCode();
  // A session that is renewed brings nobody: what share she came by was told when she came.
  const share_id = customer() ? undefined : launch.shareId() || undefined;
  const body = { code, visitor_id: visitorId(), share_id, scene: String(launch.scene()) };
  const answer = await http.send({ method: 'POST', path: '/visitor/identity/login', body });
  keep({ token: answer.token, customer: answer.customer });
  return answer.customer;
}

/** Signs in anew; callers that come meanwhile share the one attempt. */
function renew() {
  if (!signingIn) {
    signingIn = signIn().finally(() => {
      signingIn = null;
    });
  }
  return signingIn;
}

/**
 * The customer, signed in silently when she is not yet. In single-page mode rejects with the code `single_page`.
 * @returns {Promise<Customer>}
 */
async function ensure() {
  if (launch.isSinglePage()) throw new ApiError('single_page', texts('common').errors.single_page);
  return customer() || renew();
}

/**
 * Sends as her, when she is signed in. What belongs to a customer signs in first, and once again when the session has ended.
 * @param {import('./http').Call} wanted
 */
async function send(wanted) {
  if (!wanted.path.startsWith('/customer/')) return http.send({ ...wanted, token: token() });
  const call = http.keyed(wanted);
  await ensure();
  try {
    return await http.send({ ...call, token: token() });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    await renew();
    return http.send({ ...call, token: token() });
  }
}

/** @param {Customer} told */
function update(told) {
  keep({ token: token(), customer: told });
  return told;
}

/**
 * Binds the phone number behind a code of the getPhoneNumber button. The server may find that she is somebody it knows.
 * @param {string} code
 * @returns {Promise<Customer>}
 */
async function bindPhone(code) {
  return update(await send({ method: 'POST', path: '/customer/identity/phone', body: { code } }));
}

/**
 * Asks the server what it knows of her. An answer that comes after she changed something is of before, and undoes nothing.
 * @returns {Promise<Customer>}
 */
async function refresh() {
  await ensure();
  const before = customer();
  const told = await send({ method: 'GET', path: '/customer/identity/me' });
  return customer() === before ? update(told) : /** @type {Customer} */ (customer());
}

/**
 * @param {string} nickname
 * @returns {Promise<Customer>}
 */
async function rename(nickname) {
  return update(await send({ method: 'PUT', path: '/customer/identity/me', body: { nickname } }));
}

/** After her account was deleted: this phone knows nothing of her any more, and is a new visitor. */
function forget() {
  wx.clearStorageSync();
  keep(null);
}

/**
 * @param {(customer: Customer | null) => void} listener
 * @returns {() => void} call it to hear no more
 */
function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

module.exports = { visitorId, customer, ensure, send, bindPhone, refresh, rename, forget, onChange };
