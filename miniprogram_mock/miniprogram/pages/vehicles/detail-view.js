/** Turns what the server tells of one car into what its page shows: rows of label and value, ready texts, nothing left to decide. */

const format = require('../../lib/format');
const { fill } = require('../../texts/index');
const opening = require('../stores/opening');

const SPECIFICATIONS_FIRST = 6;
const OPTIONS_FIRST = 8;

/** @typedef {{label: string, value: string}} Row */

/**
 * The car as the page shows it.
 *
 * @param {any} car `DetailOut` of the server
 * @param {any} t the page's texts
 * @param {number} [now] milliseconds since 1970
 */
function present(car, t, now = Date.now()) {
  const options = car.options.map((one) => one.label);
  return {
    id: car.id,
    title: car.title,
    status: car.status.key,
    statusLabel: car.status.label,
    reservable: car.reservable,
    line: [car.condition.label, ...car.highlights.filter((one) => one !== car.condition.label && !options.includes(one))],
    photos: car.photos,
    price: price(car.price, t),
    finance: car.finance && finance(car.finance, t),
    facts: facts(car, t.facts),
    history: history(car, t.history),
    specifications: folded(car.specifications, SPECIFICATIONS_FIRST, t.specifications.more),
    options: folded(options, OPTIONS_FIRST, t.options.more),
    store: store(car.store, t.store, now),
    similar: car.similar,
    identity: [
      fill(t.identity.stock, { number: car.stock_number }),
      car.vin_masked && fill(t.identity.vin, { vin: car.vin_masked }),
      car.listed_at && fill(t.identity.listed, { date: format.date(car.listed_at) }),
    ].filter(Boolean),
  };
}

/**
 * @param {any} price
 * @param {any} t
 */
function price(price, t) {
  return {
    now: format.yuan(price.price_fen),
    guide: price.saved_fen ? format.yuan(price.guide_price_fen) : '',
    saved: price.saved_fen ? fill(t.price.saved, { amount: format.yuan(price.saved_fen) }) : '',
    qualifier: price.qualifier,
    history: price.history.map((change) => changed(change, t.price)),
  };
}

/**
 * @param {any} change
 * @param {any} t
 */
function changed(change, t) {
  const less = change.old_price_fen - change.new_price_fen;
  return {
    dropped: less > 0,
    text: fill(less > 0 ? t.dropped : t.raised, { date: format.date(change.changed_at), amount: format.yuan(Math.abs(less)) }),
    detail: fill(t.change, { old: format.yuan(change.old_price_fen), new: format.yuan(change.new_price_fen) }),
  };
}

/**
 * @param {any} finance the server's own example: the client computes nothing
 * @param {any} t
 */
function finance(finance, t) {
  return {
    monthly: format.yuan(finance.monthly_fen),
    plan: finance.plan.name,
    example: fill(t.finance.example, {
      down: format.yuan(finance.down_payment_fen),
      term: finance.plan.term_months,
      apr: finance.apr_percent,
    }),
    disclaimer: finance.disclaimer,
  };
}

/**
 * @param {any} car
 * @param {any} t
 * @returns {Row[]}
 */
function facts(car, t) {
  const driven = car.condition.key !== 'new' && car.history.odometer_km !== null;
  const rows = [
    { label: t.modelYear, value: fill(t.yearValue, { year: car.model_year }) },
    { label: t.odometer, value: driven ? format.kilometres(car.history.odometer_km) : '' },
    { label: t.exteriorColor, value: label(car.exterior_color) },
    { label: t.interiorColor, value: label(car.interior_color) },
    { label: t.body, value: label(car.body) },
    { label: t.energy, value: label(car.energy) },
    { label: t.drivetrain, value: label(car.drivetrain) },
    { label: t.gearbox, value: label(car.gearbox) },
  ];
  return rows.filter((row) => row.value);
}

/** @param {{label: string} | null} keyed */
function label(keyed) {
  return keyed ? keyed.label : '';
}

/**
 * What a car has behind it. A new one has nothing, whatever the figures say.
 *
 * @param {any} car
 * @param {any} t
 * @returns {Row[]}
 */
function history(car, t) {
  if (car.condition.key === 'new') return [];
  const { first_registration_date: registered, previous_owners: owners, accident_free: unhurt } = car.history;
  const rows = [];
  if (registered) rows.push({ label: t.registered, value: format.date(registered) });
  if (owners !== null) rows.push({ label: t.owners, value: owners ? fill(t.ownersValue, { count: owners }) : t.ownersNone });
  if (unhurt !== null) rows.push({ label: t.accidents, value: unhurt ? t.accidentFree : t.accidentKnown });
  return rows;
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
 * @param {any} store
 * @param {any} t
 * @param {number} now
 */
function store(store, t, now) {
  return {
    id: store.id,
    name: store.name,
    address: store.address,
    phone: store.phone,
    navigation: store.navigation,
    distance: store.distance_m === null ? '' : fill(t.distance, { distance: format.distance(store.distance_m) }),
    opening: opening.status(store.hours, now),
    offersTestDrive: store.capabilities.includes('test_drive'),
  };
}

/**
 * The car as lists show it, for the cars she looked at last.
 *
 * @param {any} car `DetailOut` of the server
 */
function card(car) {
  const { id, title, trim, series, status, condition, model_year, exterior_color, energy, price, history, photos, store } = car;
  return {
    ...{ id, title, trim, series, status, condition, model_year, exterior_color, energy },
    odometer_km: history.odometer_km,
    price_fen: price.price_fen,
    guide_price_fen: price.guide_price_fen,
    photo: photos.length ? photos[0].url : null,
    store: { id: store.id, name: store.name, city: store.city, dealer_id: store.dealer.id },
    distance_m: null,
  };
}

module.exports = { card, present };
