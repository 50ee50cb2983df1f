/** The cities to choose from: those with a store, those with most cars first. */

const { texts, fill } = require('../../texts/index');

/** @typedef {{name: string, count: number | null}} City `count` is null while the server leaves the counts out */

/**
 * @param {string[]} names cities with a store
 * @param {{value: string, count: number}[] | null} facet cars by city
 * @returns {City[]}
 */
function ranked(names, facet) {
  if (!facet) return names.map((name) => ({ name, count: null }));
  const counts = new Map(facet.map(({ value, count }) => [value, count]));
  // The sort is stable: cities with as many cars stay in the server's order.
  return names.map((name) => ({ name, count: counts.get(name) || 0 })).sort((one, other) => other.count - one.count);
}

/**
 * What the page shows of them.
 * @param {City[]} cities
 * @param {string} q
 * @param {string | undefined} chosen
 */
function rows(cities, q, chosen) {
  const t = texts('city');
  return cities
    .filter(({ name }) => name.includes(q.trim()))
    .map(({ name, count }) => {
      const cars = count === null ? '' : count ? fill(t.count, { count }) : t.none;
      const isChosen = name === chosen;
      return { name, cars, isChosen, label: isChosen ? fill(t.chosen, { city: name }) : fill(t.label, { city: name, count: cars }) };
    });
}

module.exports = { ranked, rows };
