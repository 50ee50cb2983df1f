/** The drawer's content: every facet with its counts and what is chosen, and the bounds; no WeChat in here. */

const format = require('../../../lib/format');
const { texts, fill } = require('../../../texts/index');
const filters = require('../filters');

/** @typedef {{name: string, value: string, text: string, label: string, count: string, isOn: boolean, isOff: boolean, colour: string}} Choice */
/** @typedef {{name: string, title: string, choices: Choice[], more: string, off: string, isBound: boolean}} Section */

const ORDER = ['price', 'monthly', 'series', 'model', 'trim', 'condition', 'promises', 'energy', 'body', 'radius', 'city', 'store_ids', 'mileage']
  .concat(['model_year', 'registered', 'owners', 'seats', 'exterior_color', 'interior_color', 'drivetrain', 'gearbox', 'listed', 'options']);

/** What a car either has or has not, each with the facet that counts it. */
const PROMISES = { accident: 'accident_free', warranty: 'in_warranty', photos: 'has_photos' };

/** What hangs on a choice above it is offered only under that choice: the models and trims of a series, the trims of a model. */
const UNDER = /** @type {Record<string, string[]>} */ ({ model: ['series'], trim: ['series', 'model'] });

/** Longer lists are folded to this many, unless that spares only a few; what is chosen stays in sight. */
const FOLDED = 9;
const SPARED = 3;

/**
 * One value of a facet.
 * @param {string} facet
 * @param {import('../filters').Value} value
 * @param {string[]} chosen
 * @returns {Choice}
 */
function choice(facet, { value, label, count }, chosen) {
  const t = texts('list').filter;
  const isOn = chosen.includes(value);
  const text = filters.valueText(facet, value, { [filters.counted(facet)]: { [value]: label } });
  return {
    name: facet,
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
 * One facet, or nothing when no car has a value of it.
 * @param {string} facet
 * @param {filters.Filters} draft
 * @param {import('../filters').Value[]} values
 * @param {boolean} isUnfolded
 * @returns {Section[]}
 */
function facetSection(facet, draft, values, isUnfolded) {
  const chosen = (draft[facet] || []).map(String);
  const isHidden = facet in UNDER && !chosen.length && !UNDER[facet].some((above) => (draft[above] || []).length);
  // Cars of which it is not known are counted under nothing.
  const known = values.filter(({ value }) => value !== '');
  if (isHidden || !known.length) return [];
  const t = texts('list');
  const all = known.map((value) => choice(facet, value, chosen));
  const isFoldable = all.length > FOLDED + SPARED;
  const shown = isFoldable && !isUnfolded ? all.filter((one, place) => place < FOLDED || one.isOn) : all;
  const more = isUnfolded ? t.filter.less : fill(t.filter.more, { count: all.length });
  return [{ name: facet, title: t.facets[/** @type {keyof typeof t.facets} */ (facet)], choices: shown, more: isFoldable ? more : '', off: '', isBound: false }];
}

/**
 * Bounds on offer; the radius only when she has a place.
 * @param {keyof typeof filters.PRESETS} name
 * @param {filters.Filters} draft
 * @param {boolean} hasPlace
 * @returns {Section}
 */
function boundSection(name, draft, hasPlace) {
  const t = texts('list');
  const choices = filters.PRESETS[name].map((bound, place) => {
    const text = filters.boundText(name, bound);
    return { name, value: String(place), text, label: text, count: '', isOn: filters.isBound(draft, bound), isOff: false, colour: '' };
  });
  const off = name === 'radius' && !hasPlace ? t.radius.off : '';
  return { name, title: t.facets[/** @type {'price'} */ (name)], choices: off ? [] : choices, more: '', off, isBound: true };
}

/**
 * What a car either has or has not, in one row with the numbers of those that have it.
 * @param {filters.Filters} draft
 * @param {Record<string, import('../filters').Value[]>} facets
 * @returns {Section}
 */
function promiseSection(draft, facets) {
  const t = texts('list');
  const choices = Object.entries(PROMISES).map(([name, facet]) => {
    const [bound] = filters.PRESETS[/** @type {'accident'} */ (name)];
    const text = filters.boundText(name, bound);
    const isOn = filters.isBound(draft, bound);
    const having = (facets[facet] || []).find(({ value }) => value === 'true');
    if (!having) return { name, value: '0', text, label: text, count: '', isOn, isOff: false, colour: '' };
    const { count } = having;
    const label = fill(count ? t.filter.value : t.filter.value_off, { label: text, count });
    return { name, value: '0', text, label, count: String(count), isOn, isOff: !count && !isOn, colour: '' };
  });
  return { name: 'promises', title: t.facets.promises, choices, more: '', off: '', isBound: true };
}

/**
 * The whole drawer, what most people ask for first.
 * @param {filters.Filters} draft
 * @param {Record<string, import('../filters').Value[]>} facets
 * @param {{unfolded: string[], hasPlace: boolean}} shown `unfolded`: names of the sections that she opened
 * @returns {Section[]}
 */
function sections(draft, facets, { unfolded, hasPlace }) {
  return ORDER.flatMap((name) => {
    if (name === 'promises') return [promiseSection(draft, facets)];
    if (name in filters.PRESETS) return [boundSection(/** @type {keyof typeof filters.PRESETS} */ (name), draft, hasPlace)];
    return facetSection(name, draft, facets[filters.counted(name)] || [], unfolded.includes(name));
  });
}

/**
 * New counts in the order of the old ones, so that no choice moves away under her finger. What is gone leads nowhere: 0.
 * @param {Record<string, import('../filters').Value[]>} before
 * @param {Record<string, import('../filters').Value[]>} now
 */
function inOrder(before, now) {
  const facets = Object.entries(now).map(([facet, values]) => {
    const known = new Map(values.map((value) => [value.value, value]));
    const kept = (before[facet] || []).map((value) => known.get(value.value) || { ...value, count: 0 });
    const added = values.filter(({ value }) => !kept.some((one) => one.value === value));
    return [facet, [...kept, ...added]];
  });
  return Object.fromEntries(facets);
}

/**
 * The counts whose order still holds: what hangs on a choice above it is ordered anew when that choice has changed.
 * @param {Record<string, import('../filters').Value[]>} counted
 * @param {filters.Filters} before what they were counted for
 * @param {filters.Filters} draft
 */
function settled(counted, before, draft) {
  const isMoved = (/** @type {string} */ facet) => (UNDER[facet] || []).some((above) => String(before[above] || '') !== String(draft[above] || ''));
  return Object.fromEntries(Object.entries(counted).filter(([facet]) => !isMoved(facet)));
}

/**
 * The words on the drawer's button.
 * @param {number | null} total null while it is being counted for the first time
 */
function buttonText(total) {
  const t = texts('list').filter;
  if (total === null) return t.busy;
  return total ? fill(t.show, { count: format.count(total) }) : t.none;
}

module.exports = { sections, inOrder, settled, buttonText };
