/** `<picker>`: the shell shows the wheels; the element says what there is to choose and tells the choice. `<canvas>` beside it. */
import { WxElement, shadow } from './base.js'

export const pickerFor = (phone) => class Picker extends WxElement {
  static properties = { mode: 'selector', range: [], rangeKey: '', value: 0, disabled: false, start: '', end: '', fields: 'day', headerText: '', name: '' }

  receive(name, value) {
    // An index, a list of indexes or a date, as the mode says: kept as it is.
    if (name === 'value' || name === 'range') {
      this.props[name] = value
      return true
    }
    return super.receive(name, value)
  }

  connectedCallback() {
    if (this.ready) return
    this.ready = true
    if (!this.hasAttribute('role')) this.setAttribute('role', 'button')
    this.addEventListener('click', () => this.press())
  }

  async press() {
    if (this.props.disabled) return
    const { mode, range, rangeKey, value, start, end, fields, headerText } = this.props
    const columnChanged = (column, index) => this.fire('columnchange', { column, value: index })
    const chosen = await phone.shell.picker({ mode, range, rangeKey, value, start, end, fields, headerText, columnChanged })
    if (chosen === null || chosen === undefined) return this.fire('cancel', {})
    this.keep('value', chosen)
    return this.fire('change', { value: chosen })
  }
}

/** `type="2d"`: `createSelectorQuery().select().fields({node: true})` gives the drawing surface in `node`. */
export class Canvas extends WxElement {
  static properties = { type: '', canvasId: '', disableScroll: false }

  constructor() {
    super()
    this.node = shadow(this, ':host{display:block;width:300px;height:150px;position:relative;overflow:hidden}canvas{width:100%;height:100%;display:block}', '<canvas></canvas>').querySelector('canvas')
  }
}
