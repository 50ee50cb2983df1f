/** The engine's view of the browser: fingers become taps, elements get their properties as they are, styles follow the theme. */
import * as glassEasel from 'glass-easel'
import { inViewWidths } from './styles.js'

const TOUCHES = new Set(['touchstart', 'touchmove', 'touchend', 'touchcancel'])
const BROWSERS_OWN = new Set(['animationstart', 'animationend', 'animationiteration', 'transitionend'])
const LONG_PRESS_MS = 350
/** The engine's level of a `catch:` listener. */
const CATCHES = 2

export class PhoneContext extends glassEasel.CurrentWindowBackendContext {
  /** @param {any} phone */
  constructor(phone) {
    super()
    this.phone = phone
    this.sheets = new Map()
    this.document = /** @type {any} */ ({
      createElement: (tag) => understandsRpx(document.createElement(tag)),
      createTextNode: (text) => document.createTextNode(text),
      createDocumentFragment: () => document.createDocumentFragment(),
    })
    this.onEvent((target, type, detail, options) => this.dispatch(target, type, detail, options))
    this.listenForLongPress()
    this.listenForMouse()
    phone.on('settings', ({ name }) => name === 'theme' && this.applyTheme())
  }

  getTheme() {
    return this.phone.settings.theme
  }

  /** What a finger does, told to the element and, as it bubbles, to those around it. A disabled button hears nothing. */
  dispatch(target, type, detail, options) {
    const element = target.getBackendElement?.()
    if (type === 'tap' && element?.closest?.('[data-disabled]')) return undefined
    const touches = touchesOf(options.originalEvent, detail)
    const event = new glassEasel.Event(type, detail, { ...options, extraFields: touches })
    glassEasel.Event.dispatchEvent(target, event)
    return event.getEventBubbleStatus()
  }

  /** Elements dispatch their events themselves; only fingers and the browser's own animations come from the DOM. */
  setListenerStats(element, type, capture, level) {
    if (type === 'touchmove' && level === CATCHES) holdStill(element)
    if (TOUCHES.has(type) || BROWSERS_OWN.has(type)) super.setListenerStats(element, type, capture, 0)
  }

  /** `model:value`: the element tells every new value. */
  setModelBindingStat(element, name, listener) {
    element.models = { ...element.models, [name]: listener }
  }

  /** @param {(theme: string) => string} content */
  registerStyleSheetContent(path, content) {
    this.sheets.set(path, { content, element: null })
  }

  appendStyleSheetPath(path) {
    const sheet = this.sheets.get(path)
    if (!sheet) throw new Error(`no style sheet "${path}"`)
    if (!sheet.element) {
      sheet.element = document.createElement('style')
      sheet.element.dataset.sheet = path
      sheet.element.textContent = sheet.content(this.getTheme())
      document.head.appendChild(sheet.element)
    }
    return 0
  }

  applyTheme() {
    for (const { content, element } of this.sheets.values()) if (element) element.textContent = content(this.getTheme())
  }

  listenForLongPress() {
    let timer = 0
    const stop = () => clearTimeout(timer)
    document.body.addEventListener('pointerdown', (event) => {
      stop()
      const detail = { x: event.clientX, y: event.clientY }
      timer = setTimeout(() => {
        const target = nearest(event.target)
        if (target) this.dispatch(target, 'longpress', detail, { bubbles: true, composed: true, originalEvent: event })
      }, LONG_PRESS_MS)
    }, { capture: true })
    for (const name of ['pointerup', 'pointercancel', 'pointermove']) document.body.addEventListener(name, stop, { capture: true })
  }

  /** A mouse that drags is a finger: what it went down on hears its touches until it is let go, wherever it is. */
  listenForMouse() {
    const body = document.body
    body.addEventListener('pointerdown', (down) => {
      const target = down.pointerType === 'mouse' && !down.button && nearest(down.target)
      if (!target) return
      const tell = (type, { clientX, clientY, pageX, pageY }) => {
        const touch = { identifier: 0, clientX, clientY, pageX, pageY }
        const originalEvent = { touches: type === 'touchend' ? [] : [touch], changedTouches: [touch] }
        this.dispatch(target, type, {}, { bubbles: true, composed: true, originalEvent })
      }
      const move = (event) => tell('touchmove', event)
      const end = (event) => {
        body.removeEventListener('pointermove', move)
        tell('touchend', event)
      }
      tell('touchstart', down)
      body.addEventListener('pointermove', move)
      body.addEventListener('pointerup', end, { once: true })
    }, { capture: true })
  }
}

/** `style="…rpx"` in a template is understood as in WXSS. */
function understandsRpx(element) {
  const set = element.setAttribute
  element.setAttribute = (name, value) => set.call(element, name, name === 'style' ? inViewWidths(value) : value)
  return element
}

/** `catch:touchmove` keeps what is behind an overlay from scrolling; a wheel is a finger here. */
function holdStill(element) {
  if (element.style.touchAction === 'none') return
  element.style.touchAction = 'none'
  element.addEventListener('wheel', (event) => event.target.closest('wx-scroll-view') || event.preventDefault(), { passive: false })
}

function nearest(node) {
  let found = node
  while (found && !found.__wxElement) found = found.parentNode
  return found?.__wxElement
}

function touchesOf(event, detail) {
  const plain = (list) => [...(list ?? [])].map((touch) => ({
    identifier: touch.identifier, pageX: touch.pageX, pageY: touch.pageY, clientX: touch.clientX, clientY: touch.clientY,
  }))
  if (event?.changedTouches) return { touches: plain(event.touches), changedTouches: plain(event.changedTouches) }
  const one = { identifier: 0, pageX: detail?.x ?? 0, pageY: detail?.y ?? 0, clientX: detail?.x ?? 0, clientY: detail?.y ?? 0 }
  return { touches: [], changedTouches: [one] }
}

/** Properties reach our elements as they are, lists and objects too, where the engine would write them as text. */
export function passPropertiesAsTheyAre() {
  const asText = glassEasel.NativeNode.prototype.updateAttribute
  glassEasel.NativeNode.prototype.updateAttribute = function update(name, value) {
    const element = this.getBackendElement()
    if (!element?.receive?.(name, value)) asText.call(this, name, value)
  }
}
