/** The mini-program's `<map>`: markers with callouts and labels, gestures, `show-location`. Outlines only: there are no street tiles. */
import { WxElement, shadow } from '../engine/elements/base.js'
import { MARKERS_STYLE, calloutOf, markerElement } from './markers.js'
import { TEXTS } from './texts.js'
import { MapView, SCALES } from './view.js'

const STYLE = `
:host{display:block;position:relative;width:300px;height:150px;overflow:hidden;contain:strict;isolation:isolate}
.box{position:absolute;inset:0;overflow:hidden;cursor:grab}
.box:active{cursor:grabbing}
.foot{position:absolute;left:8px;bottom:6px;display:flex;align-items:flex-end;gap:8px;font-size:10px;line-height:1.4;color:#6d7479;pointer-events:none}
.foot i{display:block;border:1px solid currentColor;border-top:0;height:4px;margin-top:1px;box-sizing:border-box}
.foot em{font-style:normal}
.foot b{font-weight:400;opacity:.85}
.here{position:absolute;width:14px;height:14px;margin:-9px 0 0 -9px;border:2px solid #fff;border-radius:50%;background:#2b6be4;box-shadow:0 0 0 7px rgb(43 107 228 / 16%);pointer-events:none}
:host([data-theme=dark]) .foot{color:#98a1a7}
${MARKERS_STYLE}`

/** `<map>` for a phone; the caller makes it known to the browser as `wx-map`. */
export const mapFor = (phone) => class MapElement extends WxElement {
  static properties = {
    longitude: 116.397, latitude: 39.909, scale: 16, minScale: SCALES[0], maxScale: SCALES[1], markers: [], includePoints: [], showLocation: false,
    enableZoom: true, enableScroll: true, showScale: false, showCompass: false, enableRotate: false, enableOverlooking: false, setting: {},
    subkey: '', layerStyle: 1, polyline: [], circles: [], polygons: [], controls: [], enablePoi: true, enableBuilding: true, enable3D: false,
    enableSatellite: false, enableTraffic: false, enableIndoorMap: false, rotate: 0, skew: 0,
  }

  constructor() {
    super()
    const root = shadow(this, STYLE, '<div class="box"></div><div class="pins"></div><div class="foot"><span><em></em><i></i></span><b></b></div>')
    this.pins = root.querySelector('.pins')
    this.foot = root.querySelector('.foot')
    this.foot.querySelector('b').textContent = TEXTS.note
    this.view = new MapView(root.querySelector('.box'), {
      moved: (phase, cause) => phase !== 'move' && this.tellRegion(phase, cause),
      tapped: (point) => this.tap(point),
      drawn: () => this.arrange(),
    })
    this.opened = null
    this.shown = []
  }

  connectedCallback() {
    if (!this.hasAttribute('role')) this.setAttribute('role', 'application')
    if (!this.hasAttribute('aria-label')) this.setAttribute('aria-label', TEXTS.map)
    this.stop = phone.on('settings', ({ name }) => this.follow(name))
    this.follow('theme')
    this.later('place')
  }

  disconnectedCallback() {
    this.stop?.()
  }

  follow(name) {
    this.view.theme = this.dataset.theme = phone.settings.theme
    if (name === 'place' || name === 'granted') this.later('markers')
    this.view.redraw()
  }

  changed(name) {
    if (name === 'longitude' || name === 'latitude' || name === 'scale') this.later('look')
    else if (name === 'includePoints') this.later('fit')
    else if (name === 'markers' || name === 'showLocation') this.later('markers')
    Object.assign(this.view, { limits: [this.props.minScale, this.props.maxScale], movable: this.props.enableScroll, zoomable: this.props.enableZoom })
  }

  /** Properties come one by one; the map moves once, and the points to include go before the centre. */
  later(what) {
    this.due ??= new Set()
    if (!this.due.size) queueMicrotask(() => this.settle())
    this.due.add(what)
  }

  settle() {
    const due = this.due
    this.due = null
    if (due.has('markers')) this.buildMarkers()
    if (due.has('look') || due.has('place')) this.view.look(this.props.longitude, this.props.latitude, this.props.scale)
    // A box without a size (its page is being built) cannot hold the points; the first drawing tries again.
    const points = this.props.includePoints ?? []
    if (due.has('fit') || (due.has('place') && points.length)) this.unfitted = points.length > 0
    this.view.redraw()
  }

  buildMarkers() {
    const markers = this.props.markers ?? []
    this.shown = markers.map((marker) => ({
      marker,
      element: markerElement(marker, {
        picture: (path) => phone.pictures.raster(path, 'marker of a map'),
        isOpen: calloutOf(marker)?.display === 'ALWAYS' || marker.id === this.opened,
        tapped: (part) => this.tapMarker(marker, part),
      }),
    }))
    this.here = this.herePoint()
    this.dot = Object.assign(document.createElement('div'), { className: 'here', title: TEXTS.here })
    this.pins.replaceChildren(...this.shown.map(({ element }) => element), ...(this.here ? [this.dot] : []))
  }

  /** Where she is, unless she or the device keeps it to themselves. */
  herePoint() {
    const { place, granted, locationFails } = phone.settings
    return this.props.showLocation && place && !locationFails && granted?.['scope.userLocation'] ? place : null
  }

  arrange() {
    if (this.unfitted && this.view.box.clientWidth) {
      this.unfitted = false
      this.view.fit(this.props.includePoints)
      return
    }
    const put = (element, [x, y]) => (element.style.translate = `${Math.round(x)}px ${Math.round(y)}px`)
    for (const { marker, element } of this.shown) put(element, this.view.place(Number(marker.longitude), Number(marker.latitude)))
    if (this.here) put(this.dot, this.view.place(this.here.longitude, this.here.latitude))
    const bar = this.view.bar()
    this.foot.querySelector('em').textContent = TEXTS.metres(bar.metres)
    this.foot.querySelector('i').style.width = `${bar.pixels}px`
  }

  tap(point) {
    if (this.opened !== null) {
      this.opened = null
      this.later('markers')
    }
    this.fire('tap', point)
  }

  /** @param {'marker' | 'callout' | 'label'} part */
  tapMarker(marker, part) {
    const callout = calloutOf(marker)
    if (part === 'marker' && callout && callout.display !== 'ALWAYS') {
      this.opened = marker.id
      this.later('markers')
    }
    this.fire(`${part}tap`, { markerId: marker.id })
  }

  tellRegion(type, causedBy) {
    const { longitude, latitude } = this.view.point(this.clientWidth / 2, this.clientHeight / 2)
    const detail = { type, causedBy, scale: this.view.scale, centerLocation: { longitude, latitude }, region: this.view.region(), rotate: 0, skew: 0 }
    this.fire('regionchange', detail)
  }
}
