/** China's outlines as paths in Mercator units: the provinces at once, the districts of a province when somebody looks closely. */

const DATA = new URL('./data/', import.meta.url)

/** Mercator: the world is the square from 0 to 1. */
export const toWorld = (lng, lat) => [lng / 360 + 0.5, 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)]
export const toDegrees = (x, y) => [(x - 0.5) * 360, (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90]

const answers = new Map()

/** A data file, asked for once however many maps are shown; a failed one is asked for again. */
function read(name) {
  if (!answers.has(name)) {
    const answer = fetch(new URL(name, DATA)).then((response) => {
      if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`)
      return response.json()
    })
    answer.catch(() => answers.delete(name))
    answers.set(name, answer)
  }
  return answers.get(name)
}

/** Add a ring (first point, then steps, in parts of a degree) to a path; gives the box around it in Mercator units. */
function trace(path, ring, grid) {
  let x = 0
  let y = 0
  const box = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < ring.length; i += 2) {
    x += ring[i]
    y += ring[i + 1]
    const [u, v] = toWorld(x / grid, y / grid)
    if (i) path.lineTo(u, v)
    else path.moveTo(u, v)
    box[0] = Math.min(box[0], u)
    box[1] = Math.min(box[1], v)
    box[2] = Math.max(box[2], u)
    box[3] = Math.max(box[3], v)
  }
  path.closePath()
  return box
}

function area({ name, id, at, rings }, grid) {
  const path = new Path2D()
  const boxes = rings.map((ring) => trace(path, ring, grid))
  const box = [0, 1].map((k) => Math.min(...boxes.map((one) => one[k]))).concat([2, 3].map((k) => Math.max(...boxes.map((one) => one[k]))))
  return { name, id, at: at && toWorld(...at), path, box }
}

/** @returns {Promise<{areas: object[], inset: Path2D}>} the provinces, and the box with the islands of the South China Sea */
export async function country() {
  const { grid, areas, inset } = await read('china.json')
  const islands = new Path2D()
  for (const ring of inset) trace(islands, ring, grid)
  return { areas: areas.map((one) => area(one, grid)), inset: islands }
}

/** @param {string} id a province's number, e.g. "31" */
export async function districts(id) {
  const { grid, areas } = await read(`provinces/${id}.json`)
  return areas.map((one) => area(one, grid))
}

/** @returns {Promise<{name: string, at: [number, number], stores?: true}[]>} cities with their centres (lng, lat, GCJ-02) */
export const cities = () => read('cities.json')
