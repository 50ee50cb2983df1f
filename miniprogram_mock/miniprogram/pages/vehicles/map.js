/** Stores on a map: those that would lie upon each other at this scale become one marker. */

const format = require('../../lib/format');
const { texts, fill } = require('../../texts/index');

/** @typedef {{id: string, name: string, city: string, latitude: number, longitude: number, count: number, min_price_fen: number}} StoreCars */
/** @typedef {{stores: StoreCars[], latitude: number, longitude: number, count: number}} Group */

/** Pixels around a marker in which there is no room for another: about the width and height of its words. */
const ROOM = { x: 92, y: 44 };
/** Width of the whole world in pixels at scale 0, as map services count. */
const WORLD = 256;
const FARTHEST = 3;
const CLOSEST = 16;
/** So many of the nearest stores are in sight when she opens the map at her place. */
const NEAREST = 5;

/**
 * Pixels from the world's corner, by the Mercator projection that maps use.
 * @param {{latitude: number, longitude: number}} at
 * @param {number} scale
 */
function pixels({ latitude, longitude }, scale) {
  const size = WORLD * 2 ** scale;
  const sine = Math.sin((latitude * Math.PI) / 180);
  return { x: ((longitude + 180) / 360) * size, y: (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size };
}

/**
 * Groups around the stores of the cities with most cars, whose names people look for; a store joins the first group that leaves it no room.
 * @param {StoreCars[]} stores
 * @param {number} scale
 * @returns {Group[]}
 */
function groups(stores, scale) {
  /** @type {(Group & {x: number, y: number})[]} */
  const made = [];
  /** @type {Record<string, number>} */
  const cities = {};
  for (const { city, count } of stores) cities[city] = (cities[city] || 0) + count;
  for (const store of [...stores].sort((one, other) => cities[other.city] - cities[one.city] || other.count - one.count)) {
    const { x, y } = pixels(store, scale);
    const near = made.find((group) => Math.abs(group.x - x) < ROOM.x && Math.abs(group.y - y) < ROOM.y);
    if (near) {
      near.stores.push(store);
      near.count += store.count;
    } else {
      made.push({ stores: [store], latitude: store.latitude, longitude: store.longitude, count: store.count, x, y });
    }
  }
  return made.map(({ stores: members, latitude, longitude, count }) => ({ stores: members, latitude, longitude, count }));
}

/** @param {Group} group */
function words({ stores, count }) {
  const t = texts('list').map;
  if (stores.length === 1) return fill(t.marker, { count, price: format.wan(stores[0].min_price_fen) });
  const isOneCity = stores.every(({ city }) => city === stores[0].city);
  return fill(isOneCity ? t.group : t.several, { city: stores[0].city, count });
}

/**
 * Markers for WeChat's map. Their ids are places in the list of groups.
 * @param {Group[]} made
 * @param {{ink: string, paper: string}} colours
 */
function markers(made, { ink, paper }) {
  return made.map((group, id) => ({
    id,
    latitude: group.latitude,
    longitude: group.longitude,
    iconPath: '/images/dot.png',
    width: 10,
    height: 10,
    anchor: { x: 0.5, y: 0.5 },
    ariaLabel: words(group),
    callout: {
      content: words(group),
      display: 'ALWAYS',
      color: group.stores.length > 1 ? ink : paper,
      bgColor: group.stores.length > 1 ? paper : ink,
      borderColor: ink,
      borderWidth: 1,
      borderRadius: 6,
      fontSize: 12,
      padding: 6,
      textAlign: 'center',
    },
  }));
}

/**
 * The centre and scale by which all of these are seen.
 * @param {{latitude: number, longitude: number}[]} points at least one
 * @param {{width: number, height: number}} box in pixels
 */
function fitting(points, box) {
  const [xs, ys] = ['x', 'y'].map((axis) => points.map((point) => pixels(point, 0)[/** @type {'x'} */ (axis)]));
  const [lats, lngs] = [points.map(({ latitude }) => latitude), points.map(({ longitude }) => longitude)];
  const spread = (/** @type {number[]} */ values) => Math.max(Math.max(...values) - Math.min(...values), 1e-9);
  const middle = (/** @type {number[]} */ values) => (Math.max(...values) + Math.min(...values)) / 2;
  // A margin on every side, because the words of a marker reach beyond its point.
  const room = { x: Math.max(box.width - 2 * ROOM.x, ROOM.x), y: Math.max(box.height - 4 * ROOM.y, ROOM.y) };
  const scale = Math.min(Math.log2(room.x / spread(xs)), Math.log2(room.y / spread(ys)));
  return { latitude: middle(lats), longitude: middle(lngs), scale: Math.min(CLOSEST, Math.max(FARTHEST, Math.floor(scale * 10) / 10)) };
}

/**
 * What the map shows first: the stores nearest to her, else all.
 * @param {StoreCars[]} stores nearest first when she has a place
 * @param {boolean} isNear
 */
const firstSeen = (stores, isNear) => (isNear ? stores.slice(0, NEAREST) : stores);

module.exports = { pixels, groups, words, markers, fitting, firstSeen };
