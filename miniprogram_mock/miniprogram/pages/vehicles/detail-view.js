/** Turns what the server tells of one car into what its page shows: rows of label and value, ready texts, nothing left to decide. */

const format = require('../../lib/format');
const { fill, texts } = require('../../texts/index');
const pictures = require('../../lib/pictures');
const opening = require('../stores/opening');
const { trend } = require('./trend');

const SCREEN_RPX = 750;
const OPTIONS_FIRST = 8;

const t = texts('vehicle');

/** @typedef {{label: string, value: string}} Row */
/** @typedef {{key: string, label: string}} Keyed a key with its Chinese word */

/**
 * The car as the page shows it.
 *
 * @param {any} car `DetailOut` of the server
 * @param {number} [now] milliseconds since 1970
 */
function present(car, now = Date.now()) {
  const options = car.options.map((/** @type {Keyed} */ one) => one.label);
  const said = [car.condition.label, ...options];
  return {
    id: car.id,
    title: car.title,
    statusLabel: car.status.label,
    reservable: car.reservable,
    tags: [car.condition.label, ...car.highlights.filter((/** @type {string} */ one) => !said.includes(one))],
    photos: car.photos.map((/** @type {any} */ one) => ({ ...one, shown: pictures.fitting(one.url, one.sizes, SCREEN_RPX) })),
    price: price(car.price),
    fairness: car.fairness ? fairness(car.fairness, car.price.price_fen) : null,
    inspection: car.inspection ? inspection(car.inspection) : null,
    finance: car.finance && finance(car.finance),
    facts: facts(car),
    history: history(car),
    specifications: specifications(car.specifications),
    options: folded(options, OPTIONS_FIRST, t.options.more),
    store: store(car.store, now),
    identity: [
      fill(t.identity.stock, { number: car.stock_number }),
      car.vin_masked && fill(t.identity.vin, { vin: car.vin_masked }),
      car.listed_at && fill(t.identity.listed, { date: format.date(car.listed_at) }),
    ].filter(Boolean),
  };
}

/** @param {any} told `PriceOut` */
function price(told) {
  const notes = (told.notes || []).map((/** @type {{text: string}} */ note) => note.text);
  return {
    now: format.yuan(told.price_fen),
    guide: told.saved_fen ? format.yuan(told.guide_price_fen) : '',
    saved: told.saved_fen ? fill(t.price.saved, { amount: format.yuan(told.saved_fen) }) : '',
    qualifier: told.qualifier,
    notes,
    history: told.history.map(changed),
    /** What opens the history: its last change, unless a note says that already. */
    more: told.history.length ? (notes.length ? t.price.more : changed(told.history[0]).text) : '',
    trend: trend(told),
  };
}

/** @param {{old_price_fen: number, new_price_fen: number, changed_at: string}} change */
function changed({ old_price_fen: before, new_price_fen: after, changed_at }) {
  const dropped = after < before;
  return {
    dropped,
    text: fill(dropped ? t.price.dropped : t.price.raised, { date: format.date(changed_at), amount: format.yuan(Math.abs(after - before)) }),
    detail: fill(t.price.change, { old: format.yuan(before), new: format.yuan(after) }),
  };
}

/**
 * How the price stands among those of cars like it.
 *
 * @param {any} told `FairnessOut`
 * @param {number} price_fen
 */
function fairness({ label, percentile, text, count, lowest_fen, median_fen, highest_fen }, price_fen) {
  const at = (/** @type {number} */ fen) => (highest_fen > lowest_fen ? Math.min(100, Math.max(0, ((fen - lowest_fen) / (highest_fen - lowest_fen)) * 100)) : 50);
  return {
    label,
    text: fill(price_fen <= lowest_fen ? t.fairness.cheapest : t.fairness.text, { percent: percentile, count }),
    among: text,
    here: at(price_fen),
    middle: at(median_fen),
    lowest: fill(t.fairness.lowest, { price: format.wan(lowest_fen) }),
    median: fill(t.fairness.median, { price: format.wan(median_fen) }),
    highest: fill(t.fairness.highest, { price: format.wan(highest_fen) }),
  };
}

/**
 * The inspector's report, or the bare number of defects where only that is known. What is not in order stands above what is.
 *
 * @param {any} told `InspectionOut`
 */
function inspection(told) {
  const said = (/** @type {number} */ found, /** @type {number} */ total) => fill(found ? t.inspection.found : t.inspection.fine, { found, total });
  const groups = told.groups.map((/** @type {any} */ { name, points }) => {
    const found = points.filter((/** @type {any} */ { finding }) => finding.key !== 'ok').length;
    return { title: name, points: [...points].sort(worstFirst), summary: said(found, points.length), isFine: !found };
  });
  const total = groups.reduce((/** @type {number} */ sum, /** @type {any} */ { points }) => sum + points.length, 0);
  return {
    summary: told.summary,
    score: told.score === null ? '' : fill(t.inspection.score, { score: told.score }),
    head: total ? said(told.defects, total) : told.defects ? fill(t.inspection.defects, { count: told.defects }) : t.inspection.clean,
    by: told.inspected_on ? fill(t.inspection.by, { date: told.inspected_on, inspector: told.inspector || '' }) : '',
    hasReport: total > 0,
    document: told.document_url || '',
    groups,
  };
}

const WORST = ['major', 'minor', 'ok'];

/**
 * @param {{finding: Keyed}} one
 * @param {{finding: Keyed}} other
 */
const worstFirst = (one, other) => WORST.indexOf(one.finding.key) - WORST.indexOf(other.finding.key);

/** Which specifications belong together; those that are named nowhere stand last. */
const GROUPS = /** @type {const} */ ({
  power: ['range_km', 'battery_kwh', 'power_kw', 'torque_nm', 'acceleration_s', 'top_speed_kmh', 'displacement', 'consumption'],
  space: ['seats', 'length_mm', 'width_mm', 'height_mm', 'wheelbase_mm'],
  others: [],
});

/**
 * Specifications by group; a group without any is not there.
 *
 * @param {{key: string, label: string, value: string}[]} rows
 */
function specifications(rows) {
  const names = /** @type {(keyof typeof GROUPS)[]} */ (Object.keys(GROUPS));
  const groupOf = (/** @type {string} */ key) => names.find((name) => /** @type {readonly string[]} */ (GROUPS[name]).includes(key)) || 'others';
  return names
    .map((name) => ({ title: t.specifications[name], rows: rows.filter(({ key }) => groupOf(key) === name) }))
    .filter((group) => group.rows.length)
    .map((group) => ({ ...group, count: fill(t.specifications.count, { count: group.rows.length }) }));
}

/** @param {any} told the server's own example: the client computes nothing */
function finance(told) {
  const { plan, monthly_fen, down_payment_fen, apr_percent, disclaimer } = told;
  const terms = { down: format.yuan(down_payment_fen), term: plan.term_months, apr: apr_percent };
  return { monthly: format.yuan(monthly_fen), example: fill(t.finance.example, terms), disclaimer };
}

/**
 * @param {any} car
 * @returns {Row[]}
 */
function facts(car) {
  const driven = car.condition.key === 'new' ? null : car.history.odometer_km;
  const label = (/** @type {Keyed | null} */ keyed) => (keyed ? keyed.label : '');
  return [
    { label: t.facts.model, value: car.model || '' },
    { label: t.facts.modelYear, value: fill(t.facts.yearValue, { year: car.model_year }) },
    { label: t.facts.odometer, value: format.kilometres(driven) },
    { label: t.facts.exteriorColor, value: label(car.exterior_color) },
    { label: t.facts.interiorColor, value: label(car.interior_color) },
    { label: t.facts.seats, value: car.seats ? fill(t.facts.seatsValue, { count: car.seats }) : '' },
    { label: t.facts.body, value: label(car.body) },
    { label: t.facts.energy, value: label(car.energy) },
    { label: t.facts.drivetrain, value: label(car.drivetrain) },
    { label: t.facts.gearbox, value: label(car.gearbox) },
  ].filter((row) => row.value);
}

/**
 * What a car has behind it. A new one has nothing, whatever the figures say.
 *
 * @param {any} car
 * @returns {Row[]}
 */
function history(car) {
  const warranty = car.warranty_until ? [{ label: t.history.warranty, value: fill(t.history.until, { date: format.date(car.warranty_until) }) }] : [];
  if (car.condition.key === 'new') return warranty;
  const { first_registration_date: registered, previous_owners: owners, accident_free: unhurt } = car.history;
  const rows = [];
  if (registered) rows.push({ label: t.history.registered, value: format.date(registered) });
  if (owners !== null) {
    rows.push({ label: t.history.owners, value: owners ? fill(t.history.ownersValue, { count: owners }) : t.history.ownersNone });
  }
  if (unhurt !== null) rows.push({ label: t.history.accidents, value: unhurt ? t.history.accidentFree : t.history.accidentKnown });
  return [...rows, ...warranty];
}

/**
 * A list of which the page shows the beginning, with the words of the button that shows the rest.
 *
 * @template T
 * @param {T[]} all
 * @param {number} most
 * @param {string} more
 */
function folded(all, most, more) {
  return { all, first: all.slice(0, most), more: all.length > most ? fill(more, { count: all.length }) : '' };
}

/**
 * @param {any} told `StoreOut`
 * @param {number} now
 */
function store(told, now) {
  const { id, name, address, phone, navigation, distance_m: metres } = told;
  return {
    ...{ id, name, address, phone, navigation },
    distance: metres === null ? '' : fill(t.store.distance, { distance: format.distance(metres) }),
    opening: opening.status(told.hours, now),
    offersTestDrive: told.capabilities.includes('test_drive'),
  };
}

/**
 * The car as lists show it, for the cars she looked at last.
 *
 * @param {any} car `DetailOut` of the server
 */
function card(car) {
  const { id, title, trim, series, status, condition, model_year, exterior_color, energy, price: asked, history: past, photos, store: at } = car;
  return {
    ...{ id, title, trim, series, status, condition, model_year, exterior_color, energy },
    odometer_km: past.odometer_km,
    price_fen: asked.price_fen,
    guide_price_fen: asked.guide_price_fen,
    photo: photos.length ? photos[0].url : null,
    store: { id: at.id, name: at.name, city: at.city, dealer_id: at.dealer.id },
    distance_m: null,
  };
}

module.exports = { card, present };
