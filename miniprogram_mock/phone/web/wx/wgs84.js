/** From GCJ-02, in which the phone's place is kept because maps of China are drawn in it, to WGS-84. */

const A = 6378245
const EE = 0.00669342162296594323
const ENOUGH = 1e-7
const MAINLAND = { west: 72.004, east: 137.8347, south: 0.8293, north: 55.8271 }

const waves = (x, y) => (20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * (2 / 3) + y

/** What GCJ-02 adds to a WGS-84 point. */
function shift({ latitude, longitude }) {
  const x = longitude - 105
  const y = latitude - 35
  const root = Math.sqrt(Math.abs(x))
  const long = (value, a, b, c, d) => (a * Math.sin(value * Math.PI) + b * Math.sin((value / c) * Math.PI)) * d
  const north = waves(x, -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root)
    + long(y, 20, 40, 3, 2 / 3) + (160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * (2 / 3)
  const east = waves(x, 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root)
    + long(x, 20, 40, 3, 2 / 3) + (150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * (2 / 3)
  const sine = Math.sin((latitude / 180) * Math.PI)
  const magic = 1 - EE * sine * sine
  return {
    latitude: (north * 180) / (((A * (1 - EE)) / (magic * Math.sqrt(magic))) * Math.PI),
    longitude: (east * 180) / ((A / Math.sqrt(magic)) * Math.cos((latitude / 180) * Math.PI) * Math.PI),
  }
}

/** The WGS-84 point whose GCJ-02 point this is, to about a centimetre; outside the mainland both are the same. */
export function toWgs84({ latitude, longitude }) {
  const { west, east, south, north } = MAINLAND
  if (longitude < west || longitude > east || latitude < south || latitude > north) return { latitude, longitude }
  let guess = { latitude, longitude }
  for (let turn = 0; turn < 10; turn += 1) {
    const moved = shift(guess)
    const next = { latitude: latitude - moved.latitude, longitude: longitude - moved.longitude }
    const change = Math.abs(next.latitude - guess.latitude) + Math.abs(next.longitude - guess.longitude)
    guess = next
    if (change < ENOUGH) break
  }
  return guess
}
