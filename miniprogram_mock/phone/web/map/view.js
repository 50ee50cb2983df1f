/**
 * A map on a canvas: a camera that fingers and the wheel move, China's outlines, names, a scale.
 *
 * @typedef {{ moved?: (phase: 'begin' | 'move' | 'end', cause: string) => void, tapped?: (point: {longitude: number, latitude: number}) => void, drawn?: () => void }} Told
 */
import { country, districts, toDegrees, toWorld } from './outlines.js'

export const SCALES = [3, 20]
const WORLD = 256 // pixels of the whole world at scale 0, as every map service counts
const DISTRICTS_FROM = 6.2
const STILL = 5 // pixels within which a press is a tap
const COLOURS = {
  light: { sea: '#e8edef', land: '#fbfaf8', border: '#c3c9cb', district: '#dfe2e2', name: '#7c8489', faint: '#a5abaf', halo: '#fbfaf8' },
  dark: { sea: '#14171a', land: '#202528', border: '#454d53', district: '#31383c', name: '#929ba1', faint: '#6a7379', halo: '#202528' },
}
const FONT = '-apple-system, "PingFang SC", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'

/** @param {number} value @param {number[]} limits */
const clamp = (value, [least, most]) => Math.min(most, Math.max(least, value))

export class MapView {
  /**
   * @param {HTMLElement} box holds the canvas and takes the gestures
   * @param {Told} told what the map tells: it moves (cause drag or scale), it was tapped, it has been drawn anew
   */
  constructor(box, told = {}) {
    this.box = box
    this.told = told
    this.theme = 'light'
    this.centre = toWorld(104.5, 36)
    this.scale = 3
    this.limits = SCALES
    this.movable = true
    this.zoomable = true
    this.details = new Map()
    this.canvas = box.appendChild(document.createElement('canvas'))
    this.canvas.setAttribute('aria-hidden', 'true')
    this.canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;display:block'
    box.style.touchAction = 'none'
    this.pointers = new Map()
    this.listen()
    new ResizeObserver(() => this.redraw()).observe(box)
    this.load()
  }

  async load() {
    try {
      this.country = await country()
      this.redraw()
    } catch (failure) {
      console.warn('[map]', failure.message)
    }
  }

  get pixels() {
    return WORLD * 2 ** this.scale
  }

  /** @returns {[number, number]} pixels from the box's upper left corner */
  place(longitude, latitude) {
    const [x, y] = toWorld(longitude, latitude)
    return [(x - this.centre[0]) * this.pixels + this.box.clientWidth / 2, (y - this.centre[1]) * this.pixels + this.box.clientHeight / 2]
  }

  point(left, top) {
    const [longitude, latitude] = toDegrees(
      this.centre[0] + (left - this.box.clientWidth / 2) / this.pixels, this.centre[1] + (top - this.box.clientHeight / 2) / this.pixels)
    return { longitude, latitude }
  }

  /** The corners of what is seen. */
  region() {
    return { southwest: this.point(0, this.box.clientHeight), northeast: this.point(this.box.clientWidth, 0) }
  }

  look(longitude, latitude, scale = this.scale) {
    this.centre = toWorld(longitude, latitude)
    this.scale = clamp(scale, this.limits)
    this.redraw()
  }

  /** Move so that all points are seen, with so many pixels around them: top, right, bottom, left. */
  fit(points, [top, right, bottom, left] = [40, 40, 40, 40]) {
    if (!points.length || !this.box.clientWidth) return
    const places = points.map(({ longitude, latitude }) => toWorld(longitude, latitude))
    const [xs, ys] = [0, 1].map((k) => places.map((one) => one[k]))
    const [width, height] = [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)]
    const room = [Math.max(40, this.box.clientWidth - left - right), Math.max(40, this.box.clientHeight - top - bottom)]
    this.scale = clamp(Math.min(Math.log2(room[0] / (width || 1e-9) / WORLD), Math.log2(room[1] / (height || 1e-9) / WORLD), 16), this.limits)
    this.centre = [
      (Math.max(...xs) + Math.min(...xs)) / 2 + (right - left) / 2 / this.pixels,
      (Math.max(...ys) + Math.min(...ys)) / 2 + (bottom - top) / 2 / this.pixels,
    ]
    this.redraw()
  }

  /** Zoom, keeping what is at this place of the box where it is. */
  zoom(scale, left = this.box.clientWidth / 2, top = this.box.clientHeight / 2) {
    const before = this.pixels
    this.scale = clamp(scale, this.limits)
    const [dx, dy] = [left - this.box.clientWidth / 2, top - this.box.clientHeight / 2]
    this.shift(dx / before - dx / this.pixels, dy / before - dy / this.pixels)
  }

  shift(x, y) {
    this.centre = [clamp(this.centre[0] + x, [0, 1]), clamp(this.centre[1] + y, [0, 1])]
    this.redraw()
  }

  // Gestures.

  listen() {
    const { box } = this
    box.addEventListener('pointerdown', (event) => this.press(event))
    box.addEventListener('pointermove', (event) => this.drag(event))
    for (const name of ['pointerup', 'pointercancel']) box.addEventListener(name, (event) => this.release(event))
    box.addEventListener('wheel', (event) => this.wheel(event), { passive: false })
    box.addEventListener('dblclick', (event) => this.zoomable && this.step(1, ...this.within(event)))
  }

  /** One step closer or farther, as a button or a double tap does. */
  step(by, left, top) {
    this.told.moved?.('begin', 'scale')
    this.zoom(Math.round(this.scale) + by, left, top)
    this.told.moved?.('end', 'scale')
  }

  within(event) {
    const frame = this.box.getBoundingClientRect()
    return [event.clientX - frame.left, event.clientY - frame.top]
  }

  press(event) {
    if (event.button || event.target.closest?.('button, a')) return
    this.pointers.set(event.pointerId, this.within(event))
    if (this.pointers.size === 1) this.pressed = { at: this.within(event), moved: '' }
    else this.spread = this.distance()
  }

  distance() {
    const [[ax, ay], [bx, by]] = [...this.pointers.values()]
    return { far: Math.hypot(ax - bx, ay - by) || 1, middle: [(ax + bx) / 2, (ay + by) / 2] }
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId)
    if (!before) return
    const now = this.within(event)
    if (!this.pressed.moved && Math.hypot(now[0] - this.pressed.at[0], now[1] - this.pressed.at[1]) < STILL) return
    this.begin(this.pointers.size > 1 ? 'scale' : 'drag', event)
    this.pointers.set(event.pointerId, now)
    if (this.pointers.size > 1) this.pinch()
    else if (this.movable) this.shift((before[0] - now[0]) / this.pixels, (before[1] - now[1]) / this.pixels)
    this.told.moved?.('move', this.pressed.moved)
  }

  begin(cause, event) {
    if (this.pressed.moved) return
    this.pressed.moved = cause
    this.box.setPointerCapture(event.pointerId)
    this.told.moved?.('begin', cause)
  }

  pinch() {
    const now = this.distance()
    if (this.zoomable) this.zoom(this.scale + Math.log2(now.far / this.spread.far), ...now.middle)
    if (this.movable) this.shift((this.spread.middle[0] - now.middle[0]) / this.pixels, (this.spread.middle[1] - now.middle[1]) / this.pixels)
    this.spread = now
  }

  release(event) {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size) return
    if (this.pressed.moved) this.told.moved?.('end', this.pressed.moved)
    else if (event.type === 'pointerup') this.told.tapped?.(this.point(...this.pressed.at))
  }

  wheel(event) {
    event.preventDefault()
    if (!this.zoomable) return
    if (!this.wheeling) this.told.moved?.('begin', 'scale')
    clearTimeout(this.wheeling)
    this.wheeling = setTimeout(() => {
      this.wheeling = 0
      this.told.moved?.('end', 'scale')
    }, 200)
    this.zoom(this.scale - clamp(event.deltaY, [-120, 120]) / 240, ...this.within(event))
  }

  // Drawing.

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null
      this.draw()
      this.told.drawn?.()
    })
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.box
    if (!width || !height) return
    const ratio = devicePixelRatio || 1
    if (this.canvas.width !== Math.round(width * ratio)) this.canvas.width = Math.round(width * ratio)
    if (this.canvas.height !== Math.round(height * ratio)) this.canvas.height = Math.round(height * ratio)
    const ink = this.canvas.getContext('2d')
    const colours = COLOURS[this.theme] ?? COLOURS.light
    ink.setTransform(ratio, 0, 0, ratio, 0, 0)
    ink.fillStyle = colours.sea
    ink.fillRect(0, 0, width, height)
    if (!this.country) return
    const seen = this.seen(width, height)
    const zoom = this.pixels * ratio
    ink.setTransform(zoom, 0, 0, zoom, (width / 2) * ratio - this.centre[0] * zoom, (height / 2) * ratio - this.centre[1] * zoom)
    const provinces = this.country.areas.filter(seen)
    const close = this.scale >= DISTRICTS_FROM ? provinces.flatMap((province) => this.detail(province) ?? []).filter(seen) : []
    this.paint(ink, provinces, close, colours)
    ink.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.names(ink, close.length ? close : provinces, close.length ? colours.faint : colours.name, colours.halo)
  }

  seen(width, height) {
    const [w, h] = [width / 2 / this.pixels, height / 2 / this.pixels]
    const [x, y] = this.centre
    return ({ box }) => box[0] < x + w && box[2] > x - w && box[1] < y + h && box[3] > y - h
  }

  paint(ink, provinces, close, colours) {
    const hair = 1 / this.pixels
    ink.lineJoin = 'round'
    ink.fillStyle = colours.land
    for (const { path } of provinces) ink.fill(path, 'evenodd')
    for (const { path } of close) ink.fill(path, 'evenodd')
    ink.lineWidth = hair
    ink.strokeStyle = close.length ? colours.district : colours.border
    for (const { path } of close.length ? close : provinces) ink.stroke(path)
    if (this.scale < DISTRICTS_FROM) {
      ink.fillStyle = colours.border
      ink.fill(this.country.inset)
    }
  }

  /** The districts of a province, once they have come. */
  detail(province) {
    if (!this.details.has(province.id)) {
      this.details.set(province.id, null)
      districts(province.id).then((areas) => {
        this.details.set(province.id, areas)
        this.redraw()
      }, () => this.details.delete(province.id))
    }
    return this.details.get(province.id)
  }

  /** Names where there is room for them. */
  names(ink, areas, colour, halo) {
    if (this.scale < 3.6) return
    const size = this.scale < 5 ? 10 : 11
    ink.font = `${size}px ${FONT}`
    ink.textAlign = 'center'
    ink.textBaseline = 'middle'
    ink.lineWidth = 3
    ink.strokeStyle = halo
    ink.fillStyle = colour
    const taken = []
    for (const { name, at, box } of areas) {
      const wide = name.length * size
      if (!at || (box[2] - box[0]) * this.pixels < wide * 0.9) continue
      const [x, y] = this.place(...toDegrees(...at))
      if (taken.some(([left, top, width]) => Math.abs(left - x) < (width + wide) / 2 + 4 && Math.abs(top - y) < size + 4)) continue
      taken.push([x, y, wide])
      ink.strokeText(name, x, y)
      ink.fillText(name, x, y)
    }
  }

  /** Metres and pixels of a scale bar not longer than `most` pixels. */
  bar(most = 80) {
    const { latitude } = this.point(0, this.box.clientHeight / 2)
    const metres = (40_075_017 * Math.cos((latitude * Math.PI) / 180)) / this.pixels
    const power = 10 ** Math.floor(Math.log10(metres * most))
    const length = [5, 2, 1].map((step) => step * power).find((one) => one <= metres * most)
    return { metres: length, pixels: length / metres }
  }
}
