/** What she agreed to: read from the server, given and taken back there; the phone keeps no copy. */

const api = require('../../lib/api');
const place = require('../../lib/place');
const { texts } = require('../../texts/index');

/** @typedef {'phone' | 'dealer_sharing' | 'location' | 'marketing'} Purpose */
/** @typedef {{purpose: Purpose, text_version: string, given_at: string, withdrawn_at: string | null}} Consent */

const PATH = '/customer/identity/consents';

/** @returns {Promise<Consent[]>} newest first, also those taken back */
async function all() {
  return (await api.get(PATH)).items;
}

/**
 * Records that she agreed to each, in the words of today's version.
 * @param {Purpose[]} purposes
 */
async function give(purposes) {
  for (const purpose of purposes) await api.post(PATH, { purpose, granted: true, text_version: texts('privacy').version });
}

/** @param {Purpose} purpose */
async function withdraw(purpose) {
  await api.post(PATH, { purpose, granted: false });
  if (purpose === 'location') place.leave();
}

/**
 * The agreement in force to a purpose.
 * @param {Consent[]} consents
 * @param {Purpose} purpose
 */
const standing = (consents, purpose) => consents.find((one) => one.purpose === purpose && !one.withdrawn_at);

module.exports = { all, give, withdraw, standing };
