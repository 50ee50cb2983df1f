/** The phone in its frame: starts it, tells it what the desk has set, hears its log. */
import { deviceAddress, placeOf } from './state.js'

const LOOK_MS = 100
const PATIENCE_MS = 20000
const PERMISSION = 'scope.userLocation'

export class Handset {
  /**
   * @param {HTMLIFrameElement} frame
   * @param {{ began: () => void, ready: (phone: any) => void, failed: () => void, logged: (line: any) => void, shared: () => void }} told
   */
  constructor(frame, told) {
    this.frame = frame
    this.told = told
    this.phone = null
    frame.addEventListener('load', () => this.meet())
  }

  /** A cold start in this state. */
  start(state) {
    this.state = state
    this.phone = null
    this.told.began()
    this.frame.contentWindow.location.replace(deviceAddress(state))
  }

  /** Wait until the document has made its phone, then listen; the frame may also have reloaded itself. */
  meet() {
    const until = Date.now() + PATIENCE_MS
    clearInterval(this.waiting)
    if (this.frame.contentWindow.location.pathname !== '/device') return
    this.told.began()
    this.waiting = setInterval(() => {
      const { phone, document: page } = /** @type {any} */ (this.frame.contentWindow)
      if (phone?.on) {
        clearInterval(this.waiting)
        this.adopt(phone)
      } else if (page?.documentElement?.dataset.failed || Date.now() > until) {
        clearInterval(this.waiting)
        this.told.failed()
      }
    }, LOOK_MS)
  }

  adopt(phone) {
    this.phone = phone
    this.catchUp(phone)
    this.told.ready(phone)
    for (const line of phone.entries) this.told.logged(line)
    phone.on('log', (line) => this.told.logged(line))
    phone.on('shared', () => this.told.shared())
  }

  /** What was set while the phone was starting, and what its address cannot say. */
  catchUp(phone) {
    for (const name of ['network', 'theme', 'pay']) if (phone.settings[name] !== this.state[name]) phone.set(name, this.state[name])
    const place = placeOf(this.state.place)
    if (phone.settings.place?.name !== place.name) phone.set('place', place)
    if (this.state.location === 'refused') this.permit('refused')
  }

  set(name, value) {
    if (name === 'place') this.phone?.set('place', placeOf(value))
    else if (name === 'location') this.permit(value)
    else this.phone?.set(name, value)
  }

  /** How a request for her place ends: as she decides (`ask`), refused before, or the device finds none. */
  permit(mode) {
    if (!this.phone) return
    const { [PERMISSION]: before, ...others } = this.phone.settings.granted ?? {}
    if (mode === 'refused') this.phone.set('granted', { ...others, [PERMISSION]: false })
    else if (before === false) this.phone.set('granted', others)
    this.phone.set('locationFails', mode === 'fails')
  }

  /** As from a message while the mini-program sleeps behind it: its memory stays. */
  enter(path, scene) {
    return this.phone.show({ path, scene })
  }

  wipe(person) {
    for (const key of Object.keys(localStorage)) if (key.startsWith(`mp:${person}:`) || key.startsWith(`wx:${person}:`)) localStorage.removeItem(key)
  }
}
