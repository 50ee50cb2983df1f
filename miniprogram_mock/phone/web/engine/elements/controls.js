/** Elements that a finger or a keyboard changes: button, input, textarea, switch, checkbox, radio, slider, form, navigator. */
import { WxElement, shadow } from './base.js'

/** What a button asks WeChat for, by its open-type; the answer comes back as an event. */
export const buttonFor = (phone) => class Button extends WxElement {
  static properties = { size: 'default', type: 'default', plain: false, disabled: false, loading: false, formType: '', openType: '', lang: '', sendMessageTitle: '', sendMessagePath: '', sendMessageImg: '', showMessageCard: false, sessionFrom: '', phoneNumberNoQuotaToast: true }

  connectedCallback() {
    if (!this.hasAttribute('role')) this.setAttribute('role', 'button')
    this.tabIndex = this.props.disabled ? -1 : 0
    if (this.ready) return
    this.ready = true
    this.addEventListener('click', () => this.press())
    this.addEventListener('keydown', (event) => ['Enter', ' '].includes(event.key) && this.click())
  }

  changed(name) {
    if (name === 'disabled') {
      this.toggleAttribute('data-disabled', this.props.disabled)
      this.setAttribute('aria-disabled', String(this.props.disabled))
    }
    for (const key of ['size', 'type', 'plain', 'loading']) this.dataset[key] = String(this.props[key])
  }

  press() {
    if (this.props.disabled) return
    if (this.props.formType) this.closest('wx-form')?.end(this.props.formType)
    if (this.props.openType) phone.openType(this.props.openType, this)
  }
}

const FIELD = ':host{display:block;cursor:text}input,textarea{all:unset;box-sizing:border-box;width:100%;height:100%;font:inherit;color:inherit;text-align:inherit;letter-spacing:inherit;user-select:text}textarea{white-space:pre-wrap;overflow-wrap:break-word}::placeholder{color:var(--placeholder-color,#808080);opacity:1}'
const KEYBOARDS = { number: 'numeric', digit: 'decimal', idcard: 'text', 'safe-password': 'text' }

/** How long WeChat's review of a nickname takes here. */
const REVIEW_MS = 400

class Field extends WxElement {
  static properties = {
    value: '', placeholder: '', placeholderStyle: '', placeholderClass: '', disabled: false, maxlength: 140, focus: false, type: 'text', password: false,
    confirmType: 'done', confirmHold: false, cursorSpacing: 0, autoHeight: false, fixed: false, name: '', adjustPosition: true, showConfirmBar: true, holdKeyboard: false, disableDefaultPadding: false, cursor: -1, autoFocus: false, controlled: false, alwaysEmbed: false,
  }

  constructor(html) {
    super()
    this.field = shadow(this, FIELD, html).querySelector('input,textarea')
    this.field.addEventListener('input', (event) => {
      event.stopPropagation()
      this.typed()
    })
    this.field.addEventListener('focus', () => this.fire('focus', { value: this.props.value, height: 0 }))
    this.field.addEventListener('blur', () => this.left())
    this.field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.isComposing || this.field.localName !== 'input') return
      this.fire('confirm', { value: this.props.value })
      if (!this.props.confirmHold) this.field.blur() // the keyboard closes
    })
  }

  receive(name, value) {
    if (name !== 'aria-label') return super.receive(name, value)
    this.field.setAttribute('aria-label', value)
    return true
  }

  changed(name) {
    const { value, placeholder, disabled, maxlength, focus, type, password, placeholderStyle, autoHeight } = this.props
    if (name === 'value' && this.field.value !== value) this.field.value = value
    if (name === 'placeholder') this.field.placeholder = placeholder
    if (name === 'placeholderStyle') this.style.setProperty('--placeholder-color', /color:\s*([^;]+)/.exec(placeholderStyle)?.[1] ?? '')
    if (name === 'disabled') this.field.disabled = disabled
    if (name === 'maxlength') this.field.maxLength = maxlength
    if (name === 'type') this.field.inputMode = KEYBOARDS[type] ?? 'text'
    if (name === 'password') this.field.type = password ? 'password' : 'text'
    if ((name === 'focus' || name === 'autoFocus') && (focus || this.props.autoFocus)) requestAnimationFrame(() => this.field.focus())
    if (autoHeight) this.grow()
  }

  typed() {
    this.keep('value', this.field.value)
    if (this.props.autoHeight) this.grow()
    this.fire('input', { value: this.field.value, cursor: this.field.selectionStart ?? 0, keyCode: 0 })
  }

  grow() {
    this.field.style.height = 'auto'
    this.field.style.height = `${this.field.scrollHeight}px`
  }

  left() {
    this.fire('blur', { value: this.props.value })
  }

  press() {
    this.field.focus()
  }
}

export const inputFor = (phone) => class Input extends Field {
  constructor() {
    super('<input type="text" maxlength="140" autocomplete="off">')
  }

  left() {
    super.left()
    if (this.props.type === 'nickname' && this.props.value) setTimeout(() => this.reviewed(this.props.value), REVIEW_MS)
  }

  /** WeChat looks at a nickname some time after she left the field, and takes away what it does not like. */
  reviewed(value) {
    if (value !== this.props.value) return
    const timeout = phone.settings.network === 'offline'
    const pass = !timeout && phone.settings.nickname !== 'fail'
    if (!pass && !timeout) {
      this.field.value = ''
      this.keep('value', '')
    }
    this.fire('nicknamereview', { pass, timeout })
  }
}

export class Textarea extends Field {
  constructor() {
    super('<textarea maxlength="140"></textarea>')
  }
}

/** Something that is on or off. */
class Toggle extends WxElement {
  static properties = { checked: false, disabled: false, color: '', value: '', name: '', type: '' }

  connectedCallback() {
    if (this.ready) return
    this.ready = true
    this.setAttribute('role', this.constructor.role)
    this.tabIndex = 0
    this.addEventListener('click', () => this.press())
    this.addEventListener('keydown', (event) => [' ', 'Enter'].includes(event.key) && this.press())
    this.draw()
  }

  changed() {
    this.draw()
  }

  draw() {
    this.setAttribute('aria-checked', String(this.props.checked))
    this.toggleAttribute('data-disabled', this.props.disabled)
    if (this.props.color) this.style.setProperty('--on', this.props.color)
  }

  press() {
    if (this.props.disabled) return
    this.turn()
    this.draw()
  }
}

export class Switch extends Toggle {
  static role = 'switch'

  constructor() {
    super()
    shadow(this, `:host{display:inline-block;width:52px;height:32px;border-radius:16px;position:relative;vertical-align:middle;background:#dfdfdf;transition:background .2s;cursor:pointer}
      :host([aria-checked=true]){background:var(--on,#04be02)}:host([data-disabled]){opacity:.4}
      i{position:absolute;left:2px;top:2px;width:28px;height:28px;border-radius:50%;background:#fff;transition:transform .2s;box-shadow:0 1px 3px rgba(0,0,0,.3)}
      :host([aria-checked=true]) i{transform:translateX(20px)}`, '<i></i>')
  }

  turn() {
    this.keep('checked', !this.props.checked)
    this.fire('change', { value: this.props.checked })
  }
}

const BOX = (radius) => `:host{display:inline-flex;align-items:center;cursor:pointer;vertical-align:middle}:host([data-disabled]){opacity:.4}
  i{flex:none;width:22px;height:22px;box-sizing:border-box;border:1px solid #d1d1d1;border-radius:${radius};margin-right:5px;position:relative}
  :host([aria-checked=true]) i{background:var(--on,#09bb07);border-color:var(--on,#09bb07)}
  :host([aria-checked=true]) i::after{content:'';position:absolute;left:7px;top:3px;width:5px;height:10px;border:solid #fff;border-width:0 2px 2px 0;transform:rotate(45deg)}`

export class Checkbox extends Toggle {
  static role = 'checkbox'

  constructor() {
    super()
    shadow(this, BOX('3px'), '<i></i><slot></slot>')
  }

  turn() {
    this.keep('checked', !this.props.checked)
    const group = this.closest('wx-checkbox-group')
    group?.fire('change', { value: [...group.querySelectorAll('wx-checkbox')].filter((one) => one.props.checked).map((one) => one.props.value) })
  }
}

export class Radio extends Toggle {
  static role = 'radio'

  constructor() {
    super()
    shadow(this, BOX('50%'), '<i></i><slot></slot>')
  }

  turn() {
    if (this.props.checked) return
    const group = this.closest('wx-radio-group')
    for (const other of group?.querySelectorAll('wx-radio') ?? []) {
      other.keep('checked', other === this)
      other.draw()
    }
    group?.fire('change', { value: this.props.value })
  }
}

export class Group extends WxElement {
  static properties = { name: '' }

  connectedCallback() {
    if (!this.hasAttribute('role')) this.setAttribute('role', this.localName === 'wx-radio-group' ? 'radiogroup' : 'group')
  }
}

export class Slider extends WxElement {
  static properties = { min: 0, max: 100, step: 1, value: 0, disabled: false, activeColor: '#1aad19', backgroundColor: '#e9e9e9', blockSize: 28, blockColor: '#fff', showValue: false, name: '' }

  constructor() {
    super()
    this.range = shadow(this, `:host{display:block;padding:10px 0;margin:10px 18px}
      input{appearance:none;display:block;width:100%;margin:0;height:2px;border-radius:1px;outline-offset:12px;background:linear-gradient(var(--a),var(--a)) 0/var(--p) 100% no-repeat var(--b)}
      input::-webkit-slider-thumb{appearance:none;width:var(--s);height:var(--s);border-radius:50%;background:var(--c);box-shadow:0 0 4px rgba(0,0,0,.2)}`, '<input type="range">').querySelector('input')
    this.range.addEventListener('input', (event) => {
      event.stopPropagation()
      this.keep('value', Number(this.range.value))
      this.draw()
      this.fire('changing', { value: this.props.value })
    })
    this.range.addEventListener('change', (event) => {
      event.stopPropagation()
      this.fire('change', { value: this.props.value })
    })
  }

  receive(name, value) {
    if (name !== 'aria-label') return super.receive(name, value)
    this.range.setAttribute('aria-label', value)
    return true
  }

  changed() {
    this.draw()
  }

  draw() {
    const { min, max, step, value, disabled, activeColor, backgroundColor, blockSize, blockColor } = this.props
    Object.assign(this.range, { min, max, step, disabled })
    this.range.value = String(value)
    const part = max > min ? ((value - min) / (max - min)) * 100 : 0
    const set = (name, to) => this.range.style.setProperty(name, to)
    set('--p', `${part}%`)
    set('--a', activeColor)
    set('--b', backgroundColor)
    set('--c', blockColor)
    set('--s', `${Math.min(28, Math.max(12, blockSize))}px`)
  }
}

export class Form extends WxElement {
  static properties = { reportSubmit: false }

  end(type) {
    const named = [...this.querySelectorAll('*')].filter((one) => one.props?.name)
    if (type === 'reset') this.fire('reset', {})
    else this.fire('submit', { value: Object.fromEntries(named.map((one) => [one.props.name, one.props.checked ?? one.props.value])) })
  }
}

const WAYS = { navigate: 'navigateTo', redirect: 'redirectTo', switchTab: 'switchTab', reLaunch: 'reLaunch', navigateBack: 'navigateBack' }

export const navigatorFor = (phone) => class Navigator extends WxElement {
  static properties = { url: '', openType: 'navigate', delta: 1, target: 'self' }

  connectedCallback() {
    if (this.ready) return
    this.ready = true
    this.setAttribute('role', 'link')
    this.addEventListener('click', () => phone.wx[WAYS[this.props.openType]]?.({ url: this.props.url, delta: this.props.delta }))
  }
}
