/** Questions about nodes of a page or component: where they are, what they hold, when they come into sight. */
import { component } from 'glass-easel-miniprogram-adapter'
import { safely } from './call.js'
import { canvasNode } from './canvas.js'

export function selectorApis(phone) {
  // The engine's own questions measure from the corner of the window and know no canvas; a component's `this` asks ours.
  Object.assign(component.ComponentCaller.prototype, {
    createSelectorQuery() { return new SelectorQuery(phone).in(this) },
    createIntersectionObserver(options) { return new Observer(phone, this, options) },
  })
  return {
    createSelectorQuery: () => new SelectorQuery(phone),
    createIntersectionObserver: (component, options) => new Observer(phone, component, options),
  }
}

/** Where pages begin on the glass: WeChat measures from the page's own corner. */
const origin = (phone) => phone.shell.pages.getBoundingClientRect()
const inside = (component) => component?._$?.getShadowRoot()

class SelectorQuery {
  constructor(phone) {
    this.phone = phone
    this.questions = []
  }

  in(component) {
    this.component = component
    return this
  }

  select(selector) {
    return new Nodes(this, (root) => root?.querySelector(selector) ?? null)
  }

  selectAll(selector) {
    return new Nodes(this, (root) => [...(root?.querySelectorAll(selector) ?? [])])
  }

  selectViewport() {
    return new Nodes(this, () => 'viewport')
  }

  /** Ask; all answers come together, after the page was drawn. */
  exec(done) {
    const page = this.phone.router.current
    setTimeout(() => {
      const answers = this.questions.map(({ find, fields, callback }) => {
        const found = find(inside(this.component ?? page?.instance))
        const answer = Array.isArray(found) ? found.map((one) => this.describe(one, fields, page)) : found && this.describe(found, fields, page)
        safely(this.phone, callback, answer)
        return answer
      })
      safely(this.phone, done, answers)
    })
    return undefined
  }

  describe(found, fields, page) {
    const element = found === 'viewport' ? page.element : found.$$
    const corner = origin(this.phone)
    const rect = found === 'viewport' ? corner : element.getBoundingClientRect()
    const scrolled = element.scrollTarget ?? element
    const answer = {}
    if (fields.id) answer.id = found.id ?? ''
    if (fields.dataset) answer.dataset = found.dataset ?? {}
    if (fields.rect) Object.assign(answer, { left: rect.left - corner.left, right: rect.right - corner.left, top: rect.top - corner.top, bottom: rect.bottom - corner.top })
    if (fields.size) Object.assign(answer, { width: rect.width, height: rect.height })
    if (fields.scrollOffset) Object.assign(answer, { scrollLeft: scrolled.scrollLeft, scrollTop: scrolled.scrollTop, scrollWidth: scrolled.scrollWidth, scrollHeight: scrolled.scrollHeight })
    if (fields.node) answer.node = element.node instanceof HTMLCanvasElement ? canvasNode(this.phone, element.node) : (element.node ?? null)
    if (fields.context) answer.context = element.context ?? null
    for (const name of fields.properties ?? []) answer[name] = element.props?.[name] ?? found.data?.[name]
    const style = fields.computedStyle?.length && getComputedStyle(element)
    for (const name of fields.computedStyle ?? []) answer[name] = style[name]
    return answer
  }
}

class Nodes {
  constructor(query, find) {
    this.query = query
    this.find = find
  }

  fields(fields, callback) {
    this.query.questions.push({ find: this.find, fields, callback })
    return this.query
  }

  boundingClientRect(callback) {
    return this.fields({ id: true, dataset: true, rect: true, size: true }, callback)
  }

  scrollOffset(callback) {
    return this.fields({ id: true, dataset: true, scrollOffset: true }, callback)
  }

  node(callback) {
    return this.fields({ node: true }, callback)
  }

  context(callback) {
    return this.fields({ context: true }, callback)
  }
}

class Observer {
  constructor(phone, component, { thresholds = [0], observeAll = false } = {}) {
    this.phone = phone
    this.component = component
    this.thresholds = thresholds
    this.observeAll = observeAll
    this.margins = {}
    this.reference = null
    this.watching = []
  }

  relativeTo(selector, margins = {}) {
    return Object.assign(this, { reference: selector, margins })
  }

  relativeToViewport(margins = {}) {
    return Object.assign(this, { reference: null, margins })
  }

  observe(selector, listener) {
    const page = this.phone.router.current
    const within = inside(this.component ?? page?.instance)
    const found = this.observeAll ? [...within.querySelectorAll(selector)] : [within.querySelector(selector)].filter(Boolean)
    const root = this.reference ? within.querySelector(this.reference)?.$$ : page.element
    const { top = 0, right = 0, bottom = 0, left = 0 } = this.margins
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const node = found.find((one) => one.$$ === entry.target)
        safely(this.phone, listener, this.described(entry, node))
      }
    }, { root, rootMargin: `${top}px ${right}px ${bottom}px ${left}px`, threshold: this.thresholds })
    for (const one of found) observer.observe(one.$$)
    this.watching.push(observer)
  }

  described(entry, node) {
    const { left: x, top: y } = origin(this.phone)
    const moved = (rect) => rect && { left: rect.left - x, right: rect.right - x, top: rect.top - y, bottom: rect.bottom - y, width: rect.width, height: rect.height }
    return {
      id: node?.id ?? '', dataset: node?.dataset ?? {}, intersectionRatio: entry.intersectionRatio, intersectionRect: moved(entry.intersectionRect),
      boundingClientRect: moved(entry.boundingClientRect), relativeRect: moved(entry.rootBounds), time: Date.now(),
    }
  }

  disconnect() {
    for (const observer of this.watching.splice(0)) observer.disconnect()
  }
}
