/** The home page's words for what the server told; no WeChat in here. */

const format = require('../../lib/format');
const { texts, fill } = require('../../texts/index');

/** @typedef {import('../../lib/place').Place} Place */

/**
 * The line above the search that names her place, and the line below the number of cars.
 * @param {Place} place
 * @param {string | null | undefined} nearest the city of the store that is nearest to her own place
 */
function placeLines(place, nearest) {
  const t = texts('home');
  if (place.kind === 'city') return { place: place.city, hero: fill(t.hero.city, { city: place.city }) };
  if (place.kind === 'none') return { place: t.place.none, hero: t.hero.country };
  if (!nearest) return { place: t.place.here, hero: t.hero.country };
  return { place: fill(t.place.near, { city: nearest }), hero: t.hero.near };
}

/**
 * Model series in the order of their names, as the brand lists them; the server's order is by count.
 * @param {{value: string, label: string, count: number}[]} facet
 */
function series(facet) {
  const t = texts('home').series;
  return [...facet]
    .sort((one, other) => (one.label < other.label ? -1 : 1))
    .map(({ value, label, count }) => {
      const at = label.lastIndexOf(' ');
      return {
        key: value,
        label: fill(t.label, { name: label, count }),
        make: at > 0 ? label.slice(0, at) : '',
        name: label.slice(at + 1),
        count: count ? fill(t.count, { count: format.count(count) }) : t.none,
      };
    });
}

/**
 * The car that the page opens with.
 * @param {any} car as in a list
 */
function first(car) {
  const t = texts('common').car;
  const price = format.yuan(car.price_fen);
  const where = [car.condition.label, car.store.name, format.distance(car.distance_m)];
  return {
    id: car.id,
    photo: car.photo,
    alt: fill(t.photo, { title: car.title }),
    name: car.series.label,
    trim: car.trim,
    where: where.filter(Boolean).join(' · '),
    price,
    label: fill(t.open, { title: car.title, price }),
  };
}

/**
 * @param {any[]} stores
 */
function storeRows(stores) {
  const t = texts('home').stores;
  return stores.map(({ id, name, address, distance_m }) => ({
    id,
    name,
    address,
    distance: format.distance(distance_m),
    label: fill(t.label, { name, address }),
  }));
}

/** @param {Place} place */
function storesTitle(place) {
  const t = texts('home').stores;
  if (place.kind === 'city') return fill(t.title_city, { city: place.city });
  return place.kind === 'here' ? t.title : t.title_all;
}

module.exports = { placeLines, series, first, storeRows, storesTitle };
