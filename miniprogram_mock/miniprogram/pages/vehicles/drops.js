/** When nothing is found: which condition to drop, and how many cars that would bring back. */

const api = require('../../lib/api');
const filters = require('./filters');

/** So many conditions are tried; more would be more waiting than help. */
const TRIED = 6;
const OFFERED = 3;

/**
 * The conditions whose loss brings back most, best first.
 * @param {filters.Filters} asked
 * @param {import('./filters').Chip[]} chips
 * @param {object} from the place of the search
 * @returns {Promise<{key: string, text: string, count: number}[]>}
 */
async function drops(asked, chips, from) {
  const tried = chips.slice(0, TRIED).map(async ({ key, text }) => {
    const query = { ...filters.query(filters.without(asked, key), from), limit: 1, facets: false };
    return { key, text, count: (await api.get('/visitor/vehicles/', query)).total };
  });
  // What cannot be counted is not offered.
  const counted = (await Promise.allSettled(tried)).flatMap((one) => (one.status === 'fulfilled' && one.value.count ? [one.value] : []));
  return counted.sort((one, other) => other.count - one.count).slice(0, OFFERED);
}

module.exports = { drops };
