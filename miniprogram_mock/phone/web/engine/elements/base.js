/** What all elements of the framework have in common. */
import * as glassEasel from 'glass-easel'

const camel = (name) => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase())

/**
 * An element of the framework. A subclass names its `properties` (camel case → default) and redraws in `changed(name)`.
 * `aria-*` and `hidden` work on every element.
 */
export class WxElement extends HTMLElement {
  static properties = {}

  constructor() {
    super()
    this.props = { ...this.constructor.properties }
    this.models = {}
  }

  /** A property from the template. Returns whether it was ours; the others become attributes. */
  receive(name, value) {
    if (name === 'aria-role') this.setAttribute('role', value)
    else if (name.startsWith('aria-')) this.setAttribute(name, String(value))
    else if (name === 'hover-class' || name === 'hover-stay-time' || name === 'hover-start-time') this.hover(name, value)
    else {
      const key = camel(name)
      if (!(key in this.constructor.properties)) return name === 'hidden' ? this.hide(value) : false
      this.props[key] = cast(this.constructor.properties[key], value)
      this.changed(key)
    }
    return true
  }

  hide(value) {
    this.toggleAttribute('hidden', Boolean(value))
    return true
  }

  /** A class while a finger is down on it. */
  hover(name, value) {
    if (name !== 'hover-class' || !value || value === 'none') return
    if (!this.hoverClass) {
      this.addEventListener('pointerdown', () => this.classList.add(...this.hoverClass))
      for (const end of ['pointerup', 'pointercancel', 'pointerleave']) this.addEventListener(end, () => this.classList.remove(...this.hoverClass))
    }
    this.hoverClass = value.split(/\s+/).filter(Boolean)
  }

  changed(_name) {}

  /** Tell the template's handlers. Most events of elements do not bubble. */
  fire(name, detail = {}, { bubbles = false } = {}) {
    if (this.__wxElement) glassEasel.Event.triggerEvent(this.__wxElement, name, detail, { bubbles, composed: bubbles })
  }

  /** Keep a value that the user changed, and tell `model:`. */
  keep(name, value) {
    this.props[name] = value
    this.models[name]?.(value)
  }
}

function cast(otherwise, value) {
  if (typeof otherwise === 'boolean') return value !== false && value !== undefined && value !== null && value !== 'false'
  if (typeof otherwise === 'number') return value === '' || value === null || value === undefined ? otherwise : Number(value)
  if (typeof otherwise === 'string') return value === null || value === undefined ? '' : String(value)
  return value
}

/** An element whose inside is a shadow tree: style text and markup. */
export function shadow(element, style, html) {
  const root = element.attachShadow({ mode: 'open' })
  root.innerHTML = `<style>${style}</style>${html}`
  return root
}
