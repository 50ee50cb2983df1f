/** What is set on the desk. It lives in the address, so that a reload, or a colleague with the link, sees the same. */

const DEFAULTS = {
  person: '', place: '31.2304,121.4737,上海 · 人民广场', location: 'ask', network: 'wifi', pay: '', theme: 'light', size: '375',
  scene: '1001', path: '', tab: 'service',
}

/** @returns {any} each setting as text */
export function readState() {
  const query = new URLSearchParams(location.search)
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, otherwise]) => [name, query.get(name) ?? otherwise]))
}

export function writeState(state) {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(state)) if (value !== DEFAULTS[name]) query.set(name, value)
  const text = query.toString()
  history.replaceState(null, '', text ? `?${text}` : location.pathname)
}

/** The address of the device in this state, started afresh. */
export function deviceAddress({ person, place, location: mode, network, pay, theme, scene, path }) {
  const query = new URLSearchParams({ network, theme, place, scene })
  if (person) query.set('person', person)
  if (pay) query.set('pay', pay)
  if (path) query.set('path', path)
  if (mode === 'fails') query.set('locationFails', '1')
  return `/device?${query}`
}

export function placeOf(text) {
  const [latitude, longitude, ...name] = text.split(',')
  return { latitude: Number(latitude), longitude: Number(longitude), name: name.join(',') }
}

export const placeText = ({ latitude, longitude, name }) => `${latitude},${longitude},${name}`
