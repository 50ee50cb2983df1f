/**
 * One phone: who holds it, where it is, its network, its storage and its log. Everything else hangs on this object.
 *
 * @typedef {{ id: number, nickname: string, phone: string | null, openids: Record<string, string> }} Person
 */
import { createNet } from './net.js'
import { createStorage } from './storage.js'

const DEFAULTS = {
  network: 'wifi',
  place: { latitude: 31.2304, longitude: 121.4737, name: '上海市 人民广场' },
  locationFails: false,
  theme: 'light',
  envVersion: 'release',
  pay: '',
  subscribe: 'on',
  nickname: 'pass',
  granted: {},
  privacyAgreed: false,
  host: 'https://api.marque.example',
}
/** These stay with the person when the phone is opened again; the others are the world around her. */
const KEPT = ['granted', 'privacyAgreed', 'subscribe']
const LONGEST_LOG = 1000

/**
 * A phone in the hand of a person, with what the address of the page says about the world.
 *
 * @param {Person} person
 * @param {URLSearchParams} query `network`, `place=lat,lng,name`, `theme`, `pay`, `locationFails`
 * @param {string} appid the mini-program's
 */
export function createPhone(person, query, appid) {
  const listeners = new Map()
  const entries = []
  const storage = createStorage(`mp:${person.id}:`)
  const system = createStorage(`wx:${person.id}:`)
  const phone = {
    person,
    appid,
    settings: { ...DEFAULTS, ...system.get('settings', {}), ...fromQuery(query) },
    storage,
    system,
    entries,
    sim: (method, path, body) => simulator(phone, method, path, body),
    /** Change one setting; whoever listens to `settings` hears its name and value. */
    set(name, value) {
      phone.settings[name] = value
      if (KEPT.includes(name)) system.set('settings', Object.fromEntries(KEPT.map((key) => [key, phone.settings[key]])))
      phone.emit('settings', { name, value })
    },
    on(event, listener) {
      if (!listeners.has(event)) listeners.set(event, new Set())
      listeners.get(event).add(listener)
      return () => listeners.get(event).delete(listener)
    },
    emit(event, detail) {
      for (const listener of [...(listeners.get(event) ?? [])]) listener(detail)
    },
    /** Keep what happened, for the desk's logs. Kinds: request, event, page, wx, error, sim. */
    log(kind, entry) {
      const line = { kind, at: Date.now(), ...entry }
      entries.push(line)
      if (entries.length > LONGEST_LOG) entries.splice(0, entries.length - LONGEST_LOG)
      if (kind === 'error') console.error('[mini-program]', entry.message ?? entry, entry.stack ?? '')
      phone.emit('log', line)
    },
  }
  phone.net = createNet(phone)
  return phone
}

function fromQuery(query) {
  const given = {}
  for (const name of ['network', 'theme', 'pay', 'subscribe']) if (query.has(name)) given[name] = query.get(name)
  if (query.has('locationFails')) given.locationFails = query.get('locationFails') === '1'
  if (query.has('place')) {
    const [latitude, longitude, name] = query.get('place').split(',')
    given.place = latitude ? { latitude: Number(latitude), longitude: Number(longitude), name: name ?? '' } : null
  }
  return given
}

/** The simulator of WeChat's servers as the WeChat client talks to it; its refusals are errors with WeChat's words. */
async function simulator(phone, method, path, body) {
  const answer = await fetch(`/sim${path}`, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const content = await answer.json()
  phone.log('sim', { method, path, status: answer.status })
  if (!answer.ok) throw Object.assign(new Error(content.error ?? `simulator: ${answer.status}`), { errno: content.errno })
  return content
}
