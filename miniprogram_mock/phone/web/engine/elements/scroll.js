/** `<scroll-view>` and `<swiper>`. */
import { WxElement, shadow } from './base.js'

export class ScrollView extends WxElement {
  static properties = {
    scrollX: false, scrollY: false, upperThreshold: 50, lowerThreshold: 50, scrollTop: 0, scrollLeft: 0, scrollIntoView: '', scrollWithAnimation: false,
    enhanced: false, showScrollbar: true, enableFlex: false, bounces: true, refresherEnabled: false, refresherTriggered: false, type: '', pagingEnabled: false,
  }

  constructor() {
    super()
    this.last = { left: 0, top: 0 }
    this.addEventListener('scroll', () => this.scrolled(), { passive: true })
  }

  changed(name) {
    const { scrollX, scrollY, scrollTop, scrollLeft, scrollIntoView, scrollWithAnimation, showScrollbar } = this.props
    const behavior = scrollWithAnimation ? 'smooth' : 'auto'
    if (name === 'scrollX') this.style.overflowX = scrollX ? 'auto' : 'hidden'
    if (name === 'scrollY') this.style.overflowY = scrollY ? 'auto' : 'hidden'
    if (name === 'showScrollbar') this.style.scrollbarWidth = showScrollbar ? '' : 'none'
    if (name === 'scrollTop') requestAnimationFrame(() => this.scrollTo({ top: scrollTop, behavior }))
    if (name === 'scrollLeft') requestAnimationFrame(() => this.scrollTo({ left: scrollLeft, behavior }))
    if (name === 'scrollIntoView' && scrollIntoView) {
      requestAnimationFrame(() => [...this.querySelectorAll('*')].find((one) => one.__wxElement?.id === scrollIntoView)?.scrollIntoView({ behavior, block: 'start', inline: 'start' }))
    }
  }

  scrolled() {
    const { scrollLeft: left, scrollTop: top, scrollHeight, scrollWidth, clientHeight, clientWidth } = this
    const { upperThreshold, lowerThreshold } = this.props
    this.fire('scroll', { scrollLeft: left, scrollTop: top, scrollHeight, scrollWidth, deltaX: this.last.left - left, deltaY: this.last.top - top })
    const far = this.props.scrollX ? scrollWidth - clientWidth - left : scrollHeight - clientHeight - top
    const near = this.props.scrollX ? left : top
    const before = this.props.scrollX ? this.last.left : this.last.top
    if (far <= lowerThreshold && near > before && !this.atEnd) this.fire('scrolltolower', { direction: this.props.scrollX ? 'right' : 'bottom' })
    if (near <= upperThreshold && near < before && !this.atStart) this.fire('scrolltoupper', { direction: this.props.scrollX ? 'left' : 'top' })
    this.atEnd = far <= lowerThreshold
    this.atStart = near <= upperThreshold
    this.last = { left, top }
  }
}

const SWIPER = `:host{display:block;height:150px;position:relative;overflow:hidden}
.track{display:flex;width:100%;height:100%;overflow-x:auto;overflow-y:hidden;scroll-snap-type:x mandatory;scrollbar-width:none}
:host([data-vertical]) .track{flex-direction:column;overflow-x:hidden;overflow-y:auto;scroll-snap-type:y mandatory}
::slotted(wx-swiper-item){flex:0 0 100%;width:100%;height:100%;scroll-snap-align:start;scroll-snap-stop:always;overflow:hidden;display:block}
.dots{position:absolute;left:0;right:0;bottom:10px;display:flex;gap:8px;justify-content:center;pointer-events:none}
.dots i{width:8px;height:8px;border-radius:50%}`

/** Snaps by the browser's own scrolling, so that a finger, a wheel and the keyboard move it. */
export const swiperFor = (phone) => class Swiper extends WxElement {
  static properties = {
    indicatorDots: false, indicatorColor: 'rgba(0,0,0,.3)', indicatorActiveColor: '#000', autoplay: false, current: 0, interval: 5000, duration: 500,
    circular: false, vertical: false, previousMargin: '', nextMargin: '', displayMultipleItems: 1, easingFunction: 'default',
  }

  constructor() {
    super()
    const root = shadow(this, SWIPER, '<div class="track" tabindex="0"><slot></slot></div><div class="dots"></div>')
    this.track = root.querySelector('.track')
    this.dots = root.querySelector('.dots')
    this.index = 0
    this.track.addEventListener('scroll', () => this.settle(), { passive: true })
    root.querySelector('slot').addEventListener('slotchange', () => this.redraw())
  }

  connectedCallback() {
    this.beat()
  }

  disconnectedCallback() {
    clearInterval(this.timer)
  }

  beat() {
    clearInterval(this.timer)
    if (!this.props.autoplay || !this.isConnected) return
    this.timer = setInterval(() => document.hidden || this.go((this.index + 1) % Math.max(1, this.count), 'autoplay'), Math.max(500, this.props.interval))
  }

  get count() {
    return this.querySelectorAll(':scope > wx-swiper-item').length
  }

  changed(name) {
    if (name === 'autoplay' || name === 'interval') this.beat()
    if (name === 'vertical') this.toggleAttribute('data-vertical', this.props.vertical)
    if (name === 'current') {
      // Here this is in step; between WeChat's two threads the value is old when it arrives, and the swiper jumps.
      if (this.isMoving && !this.isWarned) phone.log('warning', { message: `swiper: current set to ${this.props.current} while her finger has it at ${this.index}; on a phone it jumps back. Look at the source of "change"` })
      this.isWarned ||= this.isMoving
      if (this.props.current !== this.index) this.go(this.props.current, '')
    }
    this.redraw()
  }

  go(index, source) {
    this.source = source
    const step = this.props.vertical ? this.track.clientHeight : this.track.clientWidth
    const smooth = this.isConnected && step > 0
    requestAnimationFrame(() => {
      const length = this.props.vertical ? this.track.clientHeight : this.track.clientWidth
      this.track.scrollTo({ [this.props.vertical ? 'top' : 'left']: index * length, behavior: smooth ? 'smooth' : 'instant' })
    })
  }

  settle() {
    const length = this.props.vertical ? this.track.clientHeight : this.track.clientWidth
    if (!length) return
    const index = Math.round((this.props.vertical ? this.track.scrollTop : this.track.scrollLeft) / length)
    if (index === this.index) return
    this.index = index
    this.keep('current', index)
    this.redraw()
    this.isMoving = (this.source ?? 'touch') === 'touch'
    this.fire('change', { current: index, currentItemId: '', source: this.source ?? 'touch' })
    clearTimeout(this.finished)
    this.finished = setTimeout(() => {
      this.source = 'touch'
      this.isMoving = false
      this.fire('animationfinish', { current: index, source: 'touch' })
    }, 200)
  }

  redraw() {
    const { indicatorDots, indicatorColor, indicatorActiveColor } = this.props
    this.dots.replaceChildren(...(indicatorDots ? [...Array(this.count).keys()] : []).map((index) => {
      const dot = document.createElement('i')
      dot.style.background = index === this.index ? indicatorActiveColor : indicatorColor
      return dot
    }))
  }
}

export class SwiperItem extends WxElement {
  static properties = { itemId: '', skipHiddenItemLayout: false }
}
