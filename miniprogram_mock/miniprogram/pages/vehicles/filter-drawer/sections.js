/** The drawer's content: every facet with its counts and what is chosen, and the bounds; no WeChat in here. */

const { texts, fill } = require('../../../texts/index');
const filters = require('../filters');

/** @typedef {{facet: string, value: string, text: string, count: string, isOn: boolean, isOff: boolean, colour: string, label: string}} Choice */
/** @typedef {{name: string, title: string, choices: Choice[], more: string}} Section */

/** Longer lists are folded to this many; what is chosen stays in sight. */
const FOLDED = 12;

/**
 * @param {string} facet
 * @param {import('../filters').Value} value
 * @param {string[]} chosen
 * @returns {Choice}
 */
function choice(facet, { value, label, count }, chosen) {
  const t = texts('list').filter;
  const isOn = chosen.includes(value);
  const text = filters.valueText(facet, value, { [facet]: { [value]: label } });
  return {
    facet,
    value,
    text,
    count: String(count),
    isOn,
    // A value that leads nowhere stays in its place but cannot be chosen; one that is chosen can always be taken back.
    isOff: !count && !isOn,
    colour: facet === 'exterior_color' || facet === 'interior_color' ? value : '',
    label: fill(count ? t.value : t.value_off, { label: text, count }),
  };
}

/**
 * @param {filters.Filters} draft
 * @param {Record<string, filters.Value[]>} facets
 * @param {string[]} unfolded names of the sections that she opened
 * @returns {Section[]}
 */
function sections(draft, facets, unfolded) {
  const t = texts('list');
  return filters.FACETS.filter((facet) => (facets[facet] || []).length).map((facet) => {
    const chosen = (draft[facet] || []).map(String);
    const all = facets[facet].map((value) => choice(facet, value, chosen));
    const isFolded = all.length > FOLDED + 3 && !unfolded.includes(facet);
    const isFoldable = all.length > FOLDED + 3;
    const more = isFolded ? fill(t.filter.more, { count: all.length }) : t.filter.less;
    return {
      name: facet,
      title: t.facets[/** @type {keyof typeof t.facets} */ (facet)],
      choices: isFolded ? all.filter((one, place) => place < FOLDED || one.isOn) : all,
      more: isFoldable ? more : '',
    };
  });
}

/**
 * The bounds on offer, in the drawer's order; the radius only when she has a place.
 * @param {filters.Filters} draft
 * @param {boolean} hasPlace
 */
function bounds(draft, hasPlace) {
  const t = texts('list');
  const names = /** @type {const} */ (['price', 'mileage', 'owners', 'accident', 'radius']);
  return names.map((name) => ({
    name,
    title: t[name].title,
    off: name === 'radius' && !hasPlace ? t.radius.off : '',
    choices: filters.PRESETS[name].map((bound, place) => ({ place, text: filters.boundText(name, bound), isOn: filters.isBound(draft, bound) })),
  }));
}

/**
 * The words on the drawer's button.
 * @param {number | null} total null while it is being counted for the first time
 */
function buttonText(total) {
  const t = texts('list').filter;
  if (total === null) return t.busy;
  return total ? fill(t.show, { count: total.toLocaleString('en-US') }) : t.none;
}

module.exports = { sections, bounds, buttonText };
