/** `<image>`: modes, lazy loading, load and error. The source is the phone's network or a file of the mini-program. */
import { WxElement, shadow } from './base.js'

const FITS = { scaleToFill: 'fill', aspectFit: 'contain', aspectFill: 'cover', widthFix: 'fill', heightFix: 'fill' }
const STYLE = ':host{display:inline-block;width:320px;height:240px;overflow:hidden}img{display:block;width:100%;height:100%;object-fit:fill}:host([data-mode=widthFix]) img{height:auto}:host([data-mode=heightFix]) img{width:auto}img:not([src]){visibility:hidden}'

/** So near to the screen a lazy picture begins. */
const NEAR = '100%'
const watcher = new IntersectionObserver((seen) => seen.forEach(({ isIntersecting, target }) => isIntersecting && target.begin()), /** @type {any} */ ({ rootMargin: NEAR, scrollMargin: NEAR }))

export const imageFor = (phone) => class Image extends WxElement {
  static properties = { src: '', mode: 'scaleToFill', lazyLoad: false, webp: false, showMenuByLongpress: false }

  constructor() {
    super()
    this.picture = shadow(this, STYLE, '<img alt="" draggable="false">').querySelector('img')
    this.picture.addEventListener('load', () => this.loaded())
    this.picture.addEventListener('error', () => this.picture.getAttribute('src') && this.failed('404'))
  }

  receive(name, value) {
    if (name !== 'aria-label') return super.receive(name, value)
    this.picture.alt = value
    return true
  }

  changed(name) {
    const { src, mode } = this.props
    if (name === 'mode') {
      this.dataset.mode = mode
      this.picture.style.objectFit = FITS[mode] ?? 'none'
    }
    if (name === 'src') {
      // The properties come one by one: `lazy-load` may be the next.
      if (src) queueMicrotask(() => (this.props.lazyLoad ? watcher.observe(this) : this.begin()))
      else this.picture.removeAttribute('src')
    }
  }

  async begin() {
    watcher.unobserve(this)
    const { src } = this.props
    const address = await phone.pictures.reach(src, this).catch(({ message }) => {
      if (src === this.props.src) this.failed(message)
    })
    if (address && src === this.props.src) this.picture.setAttribute('src', address)
  }

  failed(reason) {
    this.fire('error', { errMsg: `GET ${this.props.src} ${reason}` })
  }

  loaded() {
    const { naturalWidth: width, naturalHeight: height } = this.picture
    if (this.props.mode === 'widthFix') this.style.height = `${(this.clientWidth * height) / width}px`
    if (this.props.mode === 'heightFix') this.style.width = `${(this.clientHeight * width) / height}px`
    this.fire('load', { width, height })
  }
}
