/** Elements that only lay out: view, text, label, groups, rich text, progress, icon. */
import { WxElement, shadow } from './base.js'

export class View extends WxElement {}

export class Text extends WxElement {
  static properties = { selectable: false, userSelect: false, space: '', decode: false, maxLines: 0, overflow: '' }

  changed() {
    this.style.userSelect = this.props.selectable || this.props.userSelect ? 'text' : ''
  }
}

export class Progress extends WxElement {
  static properties = { percent: 0, showInfo: false, strokeWidth: 6, activeColor: '#09bb07', backgroundColor: '#ebebeb', active: false, borderRadius: 0 }

  constructor() {
    super()
    this.bar = shadow(this, ':host{display:block}div{overflow:hidden}div>i{display:block;height:100%}', '<div><i></i></div>').querySelector('div')
  }

  changed() {
    const { percent, strokeWidth, activeColor, backgroundColor, borderRadius } = this.props
    Object.assign(this.bar.style, { height: `${strokeWidth}px`, background: backgroundColor, borderRadius: `${borderRadius}px` })
    Object.assign(this.bar.firstChild.style, { width: `${percent}%`, background: activeColor })
  }
}

/** Styles the page that it stands first in; how a page is kept from scrolling behind a drawer. */
export class PageMeta extends WxElement {
  static properties = { pageStyle: '' }

  connectedCallback() {
    this.changed()
  }

  changed() {
    const page = this.closest('wx-page')
    if (page) page.style.overflow = /overflow:\s*(\w+)/.exec(this.props.pageStyle)?.[1] ?? ''
  }
}

/** HTML text or a list of nodes; only what a document needs, no scripts. */
export class RichText extends WxElement {
  static properties = { nodes: [], space: '' }

  receive(name, value) {
    if (name !== 'nodes') return super.receive(name, value)
    this.replaceChildren(...(typeof value === 'string' ? parsed(value) : (value ?? []).map(made)))
    return true
  }
}

const HARMLESS = new Set(['a', 'b', 'br', 'code', 'div', 'em', 'h1', 'h2', 'h3', 'h4', 'hr', 'i', 'img', 'li', 'ol', 'p', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'])
const KEPT = ['class', 'style', 'src', 'alt', 'width', 'height', 'colspan', 'rowspan']

function parsed(html) {
  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.textContent)
    const name = node.nodeName.toLowerCase()
    const element = document.createElement(HARMLESS.has(name) ? name : 'span')
    for (const key of KEPT) if (node.getAttribute?.(key)) element.setAttribute(key, node.getAttribute(key))
    element.append(...[...node.childNodes].map(copy))
    return element
  }
  return [...new DOMParser().parseFromString(html, 'text/html').body.childNodes].map(copy)
}

function made(node) {
  if (node.type === 'text') return document.createTextNode(node.text ?? '')
  const element = document.createElement(HARMLESS.has(node.name) ? node.name : 'span')
  for (const key of KEPT) if (node.attrs?.[key]) element.setAttribute(key, node.attrs[key])
  element.append(...(node.children ?? []).map(made))
  return element
}

/** A label passes a tap on to the control inside it. */
export class Label extends WxElement {
  static properties = { for: '' }

  constructor() {
    super()
    this.addEventListener('click', (event) => {
      const control = this.querySelector('wx-checkbox,wx-radio,wx-switch,wx-input,wx-button')
      if (control && !event.composedPath().includes(control)) control.press?.()
    })
  }
}
