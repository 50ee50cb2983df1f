// Derives the map's data files from the npm package echarts 4.9.0 (Apache-2.0): node derive.mjs <echarts> <parameters.json of the demo>.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const GRID = 1024 // the package's own grid: so many steps per degree
const COARSE = 0.02 * GRID // for the whole country, where a pixel is 0.05° or more
const FINE = 0.005 * GRID // for one province on a phone
const SPECK = 0.004 * GRID // an islet below this size is left out, unless it is all there is
/** The package names its files in pinyin; a province is found by its number. */
const NUMBERS = {
  beijing: 11, tianjin: 12, hebei: 13, shanxi: 14, neimenggu: 15, liaoning: 21, jilin: 22, heilongjiang: 23, shanghai: 31, jiangsu: 32, zhejiang: 33,
  anhui: 34, fujian: 35, jiangxi: 36, shandong: 37, henan: 41, hubei: 42, hunan: 43, guangdong: 44, guangxi: 45, hainan: 46, chongqing: 50, sichuan: 51,
  guizhou: 52, yunnan: 53, xizang: 54, shanxi1: 61, gansu: 62, qinghai: 63, ningxia: 64, xinjiang: 65, taiwan: 71, xianggang: 81, aomen: 82,
}
const out = new URL('./data/', import.meta.url).pathname

/** One ring of the package, decoded to grid steps; Tibet's file is the one that holds plain degrees. */
function decode(ring, offset) {
  if (typeof ring !== 'string') return ring.map(([lng, lat]) => [Math.round(lng * GRID), Math.round(lat * GRID)])
  let [x, y] = offset
  const points = []
  for (let i = 0; i < ring.length; i += 2) {
    const [dx, dy] = [ring.charCodeAt(i) - 64, ring.charCodeAt(i + 1) - 64].map((code) => (code >> 1) ^ -(code & 1))
    points.push([(x += dx), (y += dy)])
  }
  return points
}

/** The areas of a file with their outer and inner rings alike; an area without outline is left out. */
function read(file) {
  const areas = []
  for (const { properties, geometry } of JSON.parse(readFileSync(file, 'utf8')).features) {
    const nested = geometry.type === 'MultiPolygon'
    const rings = geometry.coordinates.flatMap((part, at) =>
      nested ? part.map((ring, inner) => decode(ring, geometry.encodeOffsets?.[at]?.[inner])) : [decode(part, geometry.encodeOffsets?.[at])])
    if (rings.length) areas.push({ name: properties.name, at: properties.cp, id: properties.id?.slice(0, 2), rings })
  }
  return areas
}

/** Points where more than two borders meet, or where two neighbours part: a simplified border has to go through them. */
function junctions(areas) {
  const neighbours = new Map()
  for (const ring of areas.flatMap((area) => area.rings)) {
    ring.forEach((point, at) => {
      const key = point.join()
      if (!neighbours.has(key)) neighbours.set(key, new Set())
      for (const other of [ring[(at + 1) % ring.length], ring.at(at - 1)]) if (other.join() !== key) neighbours.get(key).add(other.join())
    })
  }
  return new Set([...neighbours].filter(([, near]) => near.size > 2).map(([key]) => key))
}

function distance([x, y], [ax, ay], [bx, by]) {
  const length = Math.hypot(bx - ax, by - ay)
  if (!length) return Math.hypot(x - ax, y - ay)
  return Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
}

/** Douglas–Peucker between two kept points. */
function thin(points, tolerance) {
  let most = 0, which = 0
  for (let i = 1; i < points.length - 1; i += 1) {
    const far = distance(points[i], points[0], points.at(-1))
    if (far > most) [most, which] = [far, i]
  }
  if (most <= tolerance) return [points[0], points.at(-1)]
  return [...thin(points.slice(0, which + 1), tolerance).slice(0, -1), ...thin(points.slice(which), tolerance)]
}

/** A ring with fewer points. Neighbours lose the same points, so that no gap opens between them. */
function simplify(ring, fixed, tolerance) {
  const open = ring[0].join() === ring.at(-1).join() ? ring.slice(0, -1) : ring
  let corners = open.map((point, at) => at).filter((at) => fixed.has(open[at].join()))
  if (corners.length < 2) {
    // Begin at the same point whichever way round a ring is written: an enclave is written twice.
    const start = open.reduce((best, point, at) => (point[0] - open[best][0] || point[1] - open[best][1]) < 0 ? at : best, 0)
    const far = open.reduce((best, point, at) =>
      Math.hypot(point[0] - open[start][0], point[1] - open[start][1]) > Math.hypot(open[best][0] - open[start][0], open[best][1] - open[start][1]) ? at : best, start)
    corners = [...new Set([start, far])].sort((one, other) => one - other)
  }
  return corners.flatMap((from, index) => {
    const to = corners[(index + 1) % corners.length]
    const part = from < to ? open.slice(from, to + 1) : [...open.slice(from), ...open.slice(0, to + 1)]
    return thin(part, tolerance).slice(0, -1)
  })
}

const size = (ring) => {
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)]
  return Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys))
}
const delta = (ring) => ring.flatMap(([x, y], at) => (at ? [x - ring[at - 1][0], y - ring[at - 1][1]] : [x, y]))
const round = (place) => place.map((degrees) => Math.round(degrees * 1e4) / 1e4)

function simplified(areas, tolerance) {
  const fixed = junctions(areas)
  return areas.map(({ rings, at, name, id }) => {
    const largest = rings.reduce((best, ring) => (size(ring) > size(best) ? ring : best))
    const kept = rings.filter((ring) => ring === largest || size(ring) > SPECK).map((ring) => [ring, simplify(ring, fixed, tolerance)])
    // What would become a line stays as it is.
    return { name, id, at: at && round(at), rings: kept.map(([ring, fewer]) => delta(fewer.length < 3 ? ring : fewer)) }
  })
}

/** The box with the islands of the South China Sea, where the package draws it: in the sea to the right of Taiwan. */
function inset(file) {
  const points = JSON.parse(/var points = (\[.*\]);/.exec(readFileSync(file, 'utf8'))[1])
  return points.map((ring) => delta(ring.map(([x, y]) => [Math.round((126 + x / 10.5) * GRID), Math.round((25 - y / 14) * GRID)])))
}

function diaoyu(file) {
  const points = JSON.parse(/var points = (\[.*\]);/.exec(readFileSync(file, 'utf8'))[1])
  return points.map((ring) => ring.map((place) => place.map((degrees) => Math.round(degrees * GRID))))
}

function main([echarts, parameters]) {
  mkdirSync(join(out, 'provinces'), { recursive: true })
  const write = (name, content) => writeFileSync(join(out, name), `${JSON.stringify(content)}\n`)
  const provinces = read(join(echarts, 'map/json/china.json'))
  const fixes = join(echarts, 'lib/coord/geo/fix')
  const islets = diaoyu(join(fixes, 'diaoyuIsland.js'))
  const country = simplified(provinces, COARSE)
  country.find(({ name }) => name === '台湾').rings.push(...islets.map(delta))
  write('china.json', { grid: GRID, areas: country, inset: inset(join(fixes, 'nanhai.js')) })

  const stores = new Set(JSON.parse(readFileSync(parameters, 'utf8')).stores.map(({ city }) => city))
  const cities = read(join(echarts, 'map/json/china-cities.json')).map(({ name, at }) => ({ name: name.replace(/市$/, ''), at: round(at) }))
  const known = [...cities, ...provinces.map(({ name, at }) => ({ name, at: round(at) }))]
  const once = [...new Map(known.map((city) => [city.name, city])).values()]
  write('cities.json', once.map((city) => (stores.has(city.name) ? { ...city, stores: true } : city)))

  for (const [name, number] of Object.entries(NUMBERS)) {
    const areas = simplified(read(join(echarts, 'map/json/province', `${name}.json`)), FINE)
    write(join('provinces', `${number}.json`), { grid: GRID, areas: areas.map(({ id, ...area }) => area) })
  }
}

main(process.argv.slice(2))
