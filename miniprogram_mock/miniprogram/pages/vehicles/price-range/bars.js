/** The histogram of prices as bars, and what its handles mean; no WeChat in here. */

const { texts } = require('../../../texts/index');
const filters = require('../filters');

/** @typedef {{min_fen: number, max_fen: number | null, count: number}} Bin the last one is open above */
/** @typedef {{low: number, high: number}} Edges places between bins: 0 is the left end, the number of bins the right */

/** A bar with cars is never too low to be seen. */
const LOWEST = 6;

/**
 * The bins from the first that has cars to the last: what lies beyond would only narrow them.
 * @param {Bin[]} bins
 */
function filled(bins) {
  const has = (/** @type {Bin} */ { count }) => count > 0;
  const first = bins.findIndex(has);
  return first < 0 ? [] : bins.slice(first, bins.length - [...bins].reverse().findIndex(has));
}

/**
 * @param {Bin[]} bins
 * @param {Edges} edges
 */
function bars(bins, { low, high }) {
  const most = Math.max(...bins.map(({ count }) => count), 1);
  return bins.map(({ count }, place) => ({
    place,
    height: count ? Math.max(LOWEST, Math.round((count / most) * 100)) : 0,
    isOn: low <= place && place < high,
  }));
}

/**
 * The edges nearest to bounds that may have been typed.
 * @param {Bin[]} bins
 * @param {number} min 0 for none
 * @param {number} max 0 for none
 * @returns {Edges}
 */
function edgesOf(bins, min, max) {
  if (!bins.length) return { low: 0, high: 1 };
  const below = bins.filter((bin) => bin.max_fen !== null && bin.max_fen <= min).length;
  const low = Math.min(min ? below : 0, bins.length - 1);
  const reached = bins.filter((bin) => bin.min_fen < max).length;
  return { low, high: Math.max(low + 1, max ? reached : bins.length) };
}

/**
 * What the handles ask for; the ends ask for nothing.
 * @param {Bin[]} bins
 * @param {Edges} edges
 * @returns {[number | undefined, number | undefined]}
 */
function boundsOf(bins, { low, high }) {
  return [low > 0 ? bins[low].min_fen : undefined, high < bins.length ? bins[high].min_fen : undefined];
}

/**
 * @param {number | undefined} min
 * @param {number | undefined} max
 */
function words(min, max) {
  const t = texts('list').price;
  if (min === undefined && max === undefined) return t.any;
  return filters.boundText('price', filters.clean({ price_min_fen: min, price_max_fen: max }));
}

module.exports = { filled, bars, edgesOf, boundsOf, words };
