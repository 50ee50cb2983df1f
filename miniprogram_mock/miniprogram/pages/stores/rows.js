/** The stores of the list and of the map, out of what the server told. */

const { fill, texts } = require('../../texts/index');
const format = require('../../lib/format');
const { status } = require('./opening');

const PIN = { width: 32, height: 40 };

/**
 * What a store can do, in words; what we have no word for is left out.
 * @param {string[]} capabilities
 */
function abilities(capabilities) {
  const words = /** @type {Record<string, string>} */ (texts('stores').capabilities);
  return capabilities.map((one) => words[one]).filter(Boolean);
}

/**
 * @param {any} store
 * @param {number} [now] milliseconds
 */
function row(store, now = Date.now()) {
  const { open, label, text } = status(store.hours, now);
  return {
    id: store.id,
    name: store.name,
    address: store.address,
    city: store.city,
    distance: format.distance(store.distance_m),
    abilities: abilities(store.capabilities).join(' · '),
    open,
    hoursLabel: label,
    hoursText: text,
    label: fill(texts('stores').list.open, store),
  };
}

/**
 * Markers of the map; a marker's id is the store's place in the list.
 * @param {any[]} stores
 * @param {number} selected
 */
function markers(stores, selected) {
  return stores.map(({ name, navigation }, id) => ({
    id,
    latitude: navigation.latitude,
    longitude: navigation.longitude,
    iconPath: id === selected ? '/images/map/store-on.png' : '/images/map/store.png',
    ariaLabel: name,
    zIndex: id === selected ? 2 : 1,
    ...PIN,
  }));
}

/** @param {any[]} stores */
const points = (stores) => stores.map(({ navigation }) => ({ latitude: navigation.latitude, longitude: navigation.longitude }));

module.exports = { abilities, markers, points, row };
