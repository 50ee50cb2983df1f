/** Where the phone is: a small map of China to click on, and a list of cities. */
import { cities, toWorld } from './outlines.js'
import { TEXTS } from './texts.js'
import { MapView } from './view.js'

const CHINA = [{ longitude: 73.5, latitude: 18 }, { longitude: 135.1, latitude: 53.6 }]
const CITY_SCALE = 8

/** A place picker inside `box`; `chosen` gets `{latitude, longitude, name}` (GCJ-02). */
export class PlacePicker {
  constructor(box, { chosen }) {
    this.chosen = chosen
    this.map = box.appendChild(Object.assign(document.createElement('div'), { className: 'picker-map' }))
    this.view = new MapView(this.map, { tapped: (point) => this.choosePoint(point), drawn: () => this.arrange() })
    this.view.limits = [2, 12]
    this.fitted = false
    this.pin = this.map.appendChild(Object.assign(document.createElement('i'), { className: 'picker-pin' }))
    this.buttons()
    this.field(box)
    this.cities = []
    cities().then((all) => this.know(all), () => this.say(TEXTS.failed))
  }

  buttons() {
    const group = this.map.appendChild(Object.assign(document.createElement('div'), { className: 'picker-zoom' }))
    for (const [label, sign, by] of [[TEXTS.closer, '+', 1], [TEXTS.farther, '−', -1]]) {
      const button = group.appendChild(Object.assign(document.createElement('button'), { type: 'button', textContent: sign, title: label }))
      button.setAttribute('aria-label', label)
      button.addEventListener('click', () => this.view.step(by))
    }
  }

  field(box) {
    this.input = box.appendChild(Object.assign(document.createElement('input'), { type: 'search', placeholder: TEXTS.search }))
    this.input.setAttribute('aria-label', TEXTS.search)
    this.input.setAttribute('list', 'picker-cities')
    this.options = box.appendChild(Object.assign(document.createElement('datalist'), { id: 'picker-cities' }))
    this.hint = box.appendChild(Object.assign(document.createElement('p'), { className: 'picker-hint' }))
    this.hint.setAttribute('role', 'status')
    this.input.addEventListener('change', () => this.chooseCity(this.input.value.trim()))
  }

  know(all) {
    this.cities = [...all].sort((one, other) => Number(Boolean(other.stores)) - Number(Boolean(one.stores)))
    this.options.replaceChildren(...this.cities.map(({ name, stores }) => new Option(stores ? TEXTS.withStores : '', name)))
    this.dots = this.cities.filter((city) => city.stores).map((city) => {
      const dot = this.map.appendChild(Object.assign(document.createElement('i'), { className: 'picker-dot', title: city.name }))
      return { city, dot }
    })
    this.map.append(this.pin)
    this.view.redraw()
  }

  say(text) {
    this.hint.textContent = text
  }

  chooseCity(text) {
    const wanted = text.replace(/市$/, '')
    if (!wanted) return
    const city = this.cities.find(({ name }) => name === wanted) ?? this.cities.find(({ name }) => name.startsWith(wanted))
    if (!city) return this.say(TEXTS.nothing)
    this.input.value = ''
    this.show({ latitude: city.at[1], longitude: city.at[0], name: city.name }, { near: true })
    this.chosen(this.place)
  }

  choosePoint({ latitude, longitude }) {
    const exact = (degrees) => Math.round(degrees * 1e4) / 1e4
    this.show({ latitude: exact(latitude), longitude: exact(longitude), name: this.nameOf(longitude, latitude) })
    this.chosen(this.place)
  }

  /** A place is called after the nearest city. */
  nameOf(longitude, latitude) {
    const [x, y] = toWorld(longitude, latitude)
    const far = ({ at }) => Math.hypot(toWorld(...at)[0] - x, toWorld(...at)[1] - y)
    const city = this.cities.reduce((best, one) => (far(one) < far(best) ? one : best), this.cities[0])
    return city ? TEXTS.near(city.name, Math.round(far(city) * 40075 * Math.cos((latitude * Math.PI) / 180))) : ''
  }

  /** Show where the phone is, without telling anybody. */
  show(place, { near = false } = {}) {
    this.place = place
    this.say('')
    if (near) this.view.look(place.longitude, place.latitude, CITY_SCALE)
    this.view.redraw()
  }

  arrange() {
    if (!this.fitted) {
      this.fitted = true
      return this.view.fit(CHINA, [6, 6, 6, 6])
    }
    const put = (element, longitude, latitude) => (element.style.translate = this.view.place(longitude, latitude).map((pixels) => `${Math.round(pixels)}px`).join(' '))
    for (const { city, dot } of this.dots ?? []) put(dot, ...city.at)
    this.pin.hidden = !this.place
    if (this.place) put(this.pin, this.place.longitude, this.place.latitude)
    return undefined
  }
}
