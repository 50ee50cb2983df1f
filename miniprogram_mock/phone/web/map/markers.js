/** One marker of a `<map>`: its picture or pin, its label, its callout. */
import { TEXTS } from './texts.js'

const PIN = '<svg viewBox="0 0 24 32" width="24" height="32" aria-hidden="true"><path d="M12 31S23 20.2 23 11.8A11 11 0 1 0 1 11.8C1 20.2 12 31 12 31Z" fill="#e5484d" stroke="#fff" stroke-width="1.5"/><circle cx="12" cy="11.8" r="4" fill="#fff"/></svg>'

export const MARKERS_STYLE = `
.pins{position:absolute;inset:0;overflow:hidden;pointer-events:none}
.mark{position:absolute;left:0;top:0;width:0;height:0}
.mark button{position:absolute;display:block;margin:0;padding:0;border:0;background:none;font:inherit;line-height:1.4;white-space:pre;pointer-events:auto;cursor:pointer;text-align:center}
.mark button:focus-visible{outline:2px solid #2b6be4;outline-offset:2px}
.pin img,.pin svg{display:block;width:100%;height:100%}
.callout{box-sizing:border-box;filter:drop-shadow(0 1px 3px rgb(0 0 0 / 18%))}
.callout::after{content:"";position:absolute;left:50%;top:calc(100% - .5px);margin-left:-5px;border:5px solid transparent;border-top-color:var(--ground);border-bottom:0}
`
/** A length as CSS: numbers are pixels, rpx are parts of the phone's width. */
const pixels = (value) => (typeof value === 'number' ? `${value}px` : String(value).replace(/^(-?[\d.]+)rpx$/, 'calc($1vw / 7.5)'))

/** What stands above a marker: its callout, or its title as one. */
export const calloutOf = (marker) => marker.callout ?? (marker.title ? { content: marker.title } : null)

/**
 * @param {any} marker as `markers` of a mini-program gives it
 * @param {{ picture: (path: string) => Promise<string>, isOpen: boolean, tapped: (part: 'marker' | 'callout' | 'label') => void }} use
 */
export function markerElement(marker, { picture, isOpen, tapped }) {
  const mark = document.createElement('div')
  mark.className = 'mark'
  mark.style.zIndex = String(marker.zIndex ?? 0)
  const pin = mark.appendChild(button('pin', () => tapped('marker')))
  const [width, height] = [marker.width ?? 24, marker.height ?? 32]
  const anchor = { x: 0.5, y: 1, ...marker.anchor }
  if (marker.iconPath) picture(marker.iconPath).then((src) => pin.append(Object.assign(new Image(), { src, alt: '', draggable: false })), () => { pin.innerHTML = PIN })
  else pin.innerHTML = PIN
  const lift = `calc(${pixels(height)} * ${anchor.y})`
  Object.assign(pin.style, { width: pixels(width), height: pixels(height), left: `calc(${pixels(width)} * ${-anchor.x})`, top: `calc(-1 * ${lift})`, opacity: String(marker.alpha ?? 1) })
  if (marker.rotate) pin.style.rotate = `${marker.rotate}deg`
  pin.setAttribute('aria-label', marker.ariaLabel || marker.title || marker.callout?.content || marker.label?.content || TEXTS.marker(marker.id))
  if (marker.label?.content) mark.append(labelElement(marker.label, () => tapped('label')))
  const callout = calloutOf(marker)
  if (isOpen && callout) mark.append(calloutElement(callout, lift, () => tapped('callout')))
  return mark
}

function button(name, pressed) {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = name
  made.addEventListener('click', pressed)
  return made
}

function labelElement(label, pressed) {
  const made = button('label', pressed)
  made.textContent = label.content
  look(made, label, { color: '#16181d', fontSize: 12, padding: 0, ground: label.bgColor || 'transparent' })
  Object.assign(made.style, { left: pixels(label.anchorX ?? label.x ?? 0), top: pixels(label.anchorY ?? label.y ?? 0) })
  return made
}

function calloutElement(callout, lift, pressed) {
  const made = button('callout', pressed)
  made.textContent = callout.content
  look(made, callout, { color: '#16181d', fontSize: 12, padding: 8, ground: callout.bgColor || '#ffffff' })
  const x = pixels(callout.anchorX ?? 0)
  const y = pixels(callout.anchorY ?? 0)
  Object.assign(made.style, { left: x, bottom: `calc(${lift} + 7px - ${y})`, transform: 'translateX(-50%)' })
  return made
}

function look(element, given, { color, fontSize, padding, ground }) {
  element.style.setProperty('--ground', ground)
  Object.assign(element.style, {
    color: given.color || color,
    fontSize: pixels(given.fontSize || fontSize),
    padding: pixels(given.padding ?? padding),
    background: ground,
    borderRadius: pixels(given.borderRadius ?? 4),
    border: given.borderWidth ? `${pixels(given.borderWidth)} solid ${given.borderColor || 'currentColor'}` : '0',
    textAlign: given.textAlign || 'center',
  })
}
