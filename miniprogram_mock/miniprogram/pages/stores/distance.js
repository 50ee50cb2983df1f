/** How far away something is, as the crow flies. */

const EARTH_M = 6371008.8;

/** @param {number} degrees */
const radians = (degrees) => (degrees * Math.PI) / 180;

/**
 * Metres between two places of one datum (haversine).
 * @param {{lat: number, lng: number}} one
 * @param {{lat: number, lng: number}} other
 */
function metresBetween(one, other) {
  const half = (/** @type {number} */ from, /** @type {number} */ to) => Math.sin(radians(to - from) / 2) ** 2;
  const a = half(one.lat, other.lat) + Math.cos(radians(one.lat)) * Math.cos(radians(other.lat)) * half(one.lng, other.lng);
  return 2 * EARTH_M * Math.asin(Math.sqrt(a));
}

module.exports = { metresBetween };
