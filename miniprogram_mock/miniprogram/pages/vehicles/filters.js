/** What she asks for: choosing, taking back, saying it in words, sending it. Knows neither WeChat nor the page. */

const { texts, fill } = require('../../texts/index');
const format = require('../../lib/format');

/** @typedef {Record<string, any>} Filters lists for facets, numbers for bounds; what is not asked for is not there */
/** @typedef {{value: string, label: string, count: number}} Value */
/** @typedef {{key: string, text: string}} Chip */

/** Chosen from lists; in the order of the drawer. */
const FACETS = ['series', 'model', 'trim', 'condition', 'energy', 'body', 'exterior_color', 'interior_color', 'drivetrain', 'gearbox']
  .concat(['model_year', 'seats', 'city', 'store_ids', 'options']);

const WAN = 1000000;
const YUAN = 100;
const DAY_MS = 24 * 3600 * 1000;
const YEAR_DAYS = 365;

/** Bounds on offer, each with the fields that it sets; `undefined` takes a field away. */
const PRESETS = {
  price: [[null, 20], [20, 30], [30, 40], [40, 60], [60, null]].map(([min, max]) => ({ price_min_fen: fen(min), price_max_fen: fen(max) })),
  monthly: [[null, 3000], [3000, 5000], [5000, 8000], [8000, null]].map(([min, max]) => ({ monthly_min_fen: yuan(min), monthly_max_fen: yuan(max) })),
  mileage: [1, 3, 5, 10].map((wan) => ({ mileage_max_km: wan * 10000 })),
  registered: [1, 3, 5].map((years) => ({ registered_from: daysAgo(years * YEAR_DAYS) })),
  listed: [3, 7, 14, 30].map((days) => ({ listed_within_days: days })),
  owners: [1, 2].map((count) => ({ previous_owners_max: count })),
  accident: [{ accident_free: true }],
  warranty: [{ in_warranty: true }],
  photos: [{ has_photos: true }],
  radius: [20, 50, 100, 300].map((km) => ({ radius_km: km })),
};

/** The fields behind each bound. */
const FIELDS = {
  price: ['price_min_fen', 'price_max_fen'],
  monthly: ['monthly_min_fen', 'monthly_max_fen'],
  mileage: ['mileage_min_km', 'mileage_max_km'],
  registered: ['registered_from', 'registered_to'],
  listed: ['listed_within_days'],
  owners: ['previous_owners_max'],
  accident: ['accident_free'],
  warranty: ['in_warranty'],
  photos: ['has_photos'],
  radius: ['radius_km'],
  years: ['model_year_min', 'model_year_max'],
  store: ['store_id'],
  word: ['q'],
};

/** @param {number | null} wan */
function fen(wan) {
  return wan === null ? undefined : wan * WAN;
}

/** @param {number | null} amount */
function yuan(amount) {
  return amount === null ? undefined : amount * YUAN;
}

/** A day by China's calendar. @param {number} days */
function daysAgo(days) {
  return format.date(new Date(Date.now() - days * DAY_MS).toISOString());
}

/**
 * Only what is asked for.
 * @param {Filters} filters
 * @returns {Filters}
 */
function clean(filters) {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => !isNothing(value)));
}

/** @param {any} value */
const isNothing = (value) => value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length);

/**
 * Chooses a value of a facet, or takes it back. Years are numbers to the server and text to a template: compared as text.
 * @param {Filters} filters
 * @param {string} facet
 * @param {string} value
 * @returns {Filters}
 */
function toggle(filters, facet, value) {
  const chosen = (filters[facet] || []).map(String);
  const next = chosen.includes(value) ? chosen.filter((/** @type {string} */ one) => one !== value) : [...chosen, value];
  return clean({ ...filters, [facet]: next });
}

/**
 * Chooses a bound, or takes it back when it is the chosen one.
 * @param {Filters} filters
 * @param {Filters} bound one of PRESETS
 * @returns {Filters}
 */
function toggleBound(filters, bound) {
  const isOn = isBound(filters, bound);
  const fields = Object.fromEntries(Object.entries(bound).map(([field, value]) => [field, isOn ? undefined : value]));
  return clean({ ...filters, ...fields });
}

/**
 * @param {Filters} filters
 * @param {Filters} bound
 */
const isBound = (filters, bound) => Object.entries(bound).every(([field, value]) => filters[field] === value);

/**
 * A price as typed in 万元; what is no number takes the bound away, and bounds the wrong way round change places.
 * @param {Filters} filters
 * @param {string} least
 * @param {string} most
 * @returns {Filters}
 */
function priced(filters, least, most) {
  const [min, max] = [least, most].map((typed) => {
    const wan = Number.parseFloat(typed);
    return wan > 0 && wan < 100000 ? Math.round(wan * WAN) : undefined;
  });
  const isTurned = min !== undefined && max !== undefined && min > max;
  return clean({ ...filters, price_min_fen: isTurned ? max : min, price_max_fen: isTurned ? min : max });
}

/** @param {number | undefined} price */
const inWan = (price) => (price === undefined ? '' : String(Math.round(price / 100) / 10000));

/** @param {Filters} filters */
function priceText({ price_min_fen, price_max_fen }) {
  const t = texts('list').price;
  const [min, max] = [inWan(price_min_fen), inWan(price_max_fen)];
  if (!min) return fill(t.below, { max });
  return max ? fill(t.between, { min, max }) : fill(t.above, { min });
}

/** @param {Filters} filters */
function mileageText({ mileage_min_km: least, mileage_max_km: most }) {
  const t = texts('list').mileage;
  const from = least ? fill(t.from, { km: format.kilometres(least) }) : '';
  if (most === undefined) return from;
  return [from, most % 10000 ? fill(t.within, { km: most }) : fill(t.within_wan, { number: most / 10000 })].filter(Boolean).join(' ');
}

/** @param {Filters} filters */
function monthlyText({ monthly_min_fen: least, monthly_max_fen: most }) {
  const t = texts('list').monthly;
  const [min, max] = [least, most].map((fen) => (fen === undefined ? '' : format.yuan(fen)));
  if (!min) return fill(t.below, { max });
  return max ? fill(t.between, { min, max }) : fill(t.above, { min });
}

/** A day on offer is called by its years, any other by itself. @param {Filters} filters */
function registeredText({ registered_from: from, registered_to: to }) {
  const t = texts('list').registered;
  const years = PRESETS.registered.findIndex((one) => !to && one.registered_from === from);
  if (years >= 0) return t.within[years];
  return [from && fill(t.from, { date: from }), to && fill(t.to, { date: to })].filter(Boolean).join(' ');
}

/**
 * A bound in words.
 * @param {string} name
 * @param {Filters} filters
 */
function boundText(name, filters) {
  const t = texts('list');
  if (name === 'price') return priceText(filters);
  if (name === 'monthly') return monthlyText(filters);
  if (name === 'mileage') return mileageText(filters);
  if (name === 'registered') return registeredText(filters);
  if (name === 'listed') return fill(t.listed, { days: filters.listed_within_days });
  if (name === 'warranty') return filters.in_warranty ? t.warranty.still : t.warranty.over;
  if (name === 'photos') return filters.has_photos ? t.photos.some : t.photos.none;
  if (name === 'owners') return fill(filters.previous_owners_max === 1 ? t.owners.first : t.owners.most, { count: filters.previous_owners_max });
  if (name === 'accident') return filters.accident_free ? t.accident.free : t.accident.not_free;
  if (name === 'radius') return fill(t.radius.within, { km: filters.radius_km });
  if (name === 'word') return filters.q;
  if (name === 'store') return t.store;
  const years = [filters.model_year_min && fill(t.years.from, { year: filters.model_year_min })];
  years.push(filters.model_year_max && fill(t.years.until, { year: filters.model_year_max }));
  return years.filter(Boolean).join(' ');
}

/**
 * Every condition by itself, to be read and taken away.
 * @param {Filters} filters
 * @param {Record<string, Record<string, string>>} labels facet → value → what people read
 * @returns {Chip[]}
 */
function chips(filters, labels) {
  const bounds = Object.entries(FIELDS).filter(([, fields]) => fields.some((field) => !isNothing(filters[field])));
  const word = bounds.filter(([name]) => name === 'word');
  const others = bounds.filter(([name]) => name !== 'word');
  const asChip = (/** @type {[string, string[]]} */ [name]) => ({ key: name, text: (labels[name] || {}).text || boundText(name, filters) });
  const chosen = FACETS.flatMap((facet) =>
    (filters[facet] || []).map((/** @type {any} */ value) => ({ key: `${facet}:${value}`, text: valueText(facet, String(value), labels) })),
  );
  return [...word.map(asChip), ...chosen, ...others.map(asChip)];
}

/**
 * @param {string} facet
 * @param {string} value
 * @param {Record<string, Record<string, string>>} labels
 */
function valueText(facet, value, labels) {
  const t = texts('list');
  if (facet === 'model_year') return fill(t.year, { year: value });
  if (facet === 'seats') return fill(t.seats, { count: value });
  return (labels[counted(facet)] || {})[value] || (facet === 'store_ids' ? t.store : value);
}

/** The facet that counts the values of a filter. @param {string} name */
const counted = (name) => (name === 'store_ids' ? 'store' : name);

/**
 * The filters without one of their chips.
 * @param {Filters} filters
 * @param {string} key
 * @returns {Filters}
 */
function without(filters, key) {
  const [name, ...rest] = key.split(':');
  // Her city is a chip but no filter: what is not there must not be chosen by taking it away.
  if (rest.length) return clean({ ...filters, [name]: (filters[name] || []).filter((/** @type {any} */ one) => String(one) !== rest.join(':')) });
  const fields = FIELDS[/** @type {keyof typeof FIELDS} */ (name)];
  return clean({ ...filters, ...Object.fromEntries(fields.map((field) => [field, undefined])) });
}

/**
 * What people read for each value, learned from the server's facets.
 * @param {Record<string, Record<string, string>>} labels
 * @param {Record<string, Value[]> | null} facets null when the server left the counts out
 */
function learned(labels, facets) {
  const known = { ...labels };
  for (const [facet, values] of Object.entries(facets || {})) {
    known[facet] = { ...known[facet], ...Object.fromEntries(values.map(({ value, label }) => [value, label])) };
  }
  return known;
}

/**
 * The query of a search from a place. A radius needs her own place; her chosen city is one more condition.
 * @param {Filters} filters
 * @param {{lat?: number, lng?: number, crs?: string, city?: string}} from
 */
function query(filters, from) {
  const { radius_km, ...others } = filters;
  const { city, ...here } = from;
  /** @type {Filters} */
  const asked = { ...others, ...here };
  if (city && isNothing(filters.city)) asked.city = [city];
  if (radius_km && from.lat !== undefined) asked.radius_km = radius_km;
  return asked;
}

/**
 * What a share keeps: where she stands is nobody's business, so a radius around her is left out; her city is not a secret.
 * @param {Filters} filters
 * @param {{city?: string}} from
 */
function shareable(filters, from) {
  return query(filters, from.city ? { city: from.city } : {});
}

module.exports = { FACETS, PRESETS, FIELDS, clean, counted, toggle, toggleBound, isBound, priced, inWan, boundText, chips, valueText, without, learned, query, shareable };
