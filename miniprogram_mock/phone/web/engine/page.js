/** One page on the screen: its frame, its scrolling, its pull to refresh, and the calls of its life. */

const PULL_TO = 60
const REACH_BOTTOM = 50

export class Page {
  /** @param {{phone: any, space: import('./space.js').Space, route: string, query: Record<string, string>, layer: HTMLElement}} made */
  constructor({ phone, space, route, query, layer }) {
    this.phone = phone
    this.route = route
    this.options = query
    this.window = { ...space.program.windowOf(route) }
    this.isReady = false
    this.frame = document.createElement('section')
    this.frame.className = 'page-frame'
    this.frame.hidden = true
    // The tab bar stands on the safe area already.
    if (space.program.tabs.includes(route)) this.frame.style.setProperty('--safe-bottom', '0px')
    this.frame.innerHTML = '<div class="page-pull" aria-hidden="true"><i></i><i></i><i></i></div><div></div>'
    layer.append(this.frame)
    this.root = space.root(route)
    this.instance = this.root.get()
    this.component = /** @type {any} */ (this.root.getComponent())
    this.instance.route = route
    this.instance.options = query
    this.root.attach(this.frame, this.frame.lastChild)
    this.element = this.frame.lastElementChild
    this.element.dataset.route = route
    this.element.tabIndex = -1
    this.listen()
  }

  /** Call one of the page's own methods; what it throws goes to the log and to the app, as in WeChat. */
  call(name, ...given) {
    const method = this.instance[name]
    this.phone.log('page', { page: this.route, call: name })
    if (typeof method !== 'function') return undefined
    try {
      const answer = method.apply(this.instance, given)
      if (answer instanceof Promise) answer.catch((error) => this.failed(error, name))
      return answer
    } catch (error) {
      this.failed(error, name)
      return undefined
    }
  }

  failed(error, name) {
    this.phone.log('error', { message: `${this.route} ${name}: ${error?.message ?? error}`, stack: error?.stack })
    this.phone.emit('error', error)
  }

  show() {
    this.frame.hidden = false
    if (this.kept) this.element.scrollTop = this.kept
    this.component.triggerPageLifetime('show', [])
    this.call('onShow')
    if (!this.isReady) {
      this.isReady = true
      requestAnimationFrame(() => this.call('onReady'))
    }
  }

  hide({ keepsFrame = false } = {}) {
    this.kept = this.element.scrollTop
    this.frame.hidden = !keepsFrame
    this.component.triggerPageLifetime('hide', [])
    this.call('onHide')
  }

  unload() {
    this.call('onUnload')
    this.root.release()
    this.frame.remove()
  }

  listen() {
    let last = 0
    let tall = 0
    let wasAtEnd = false
    this.element.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.element
      if (this.instance.onPageScroll) this.instance.onPageScroll({ scrollTop })
      // What has grown has a new bottom.
      if (scrollHeight !== tall) wasAtEnd = false
      tall = scrollHeight
      const isAtEnd = scrollHeight - clientHeight - scrollTop <= (this.window.onReachBottomDistance ?? REACH_BOTTOM)
      if (isAtEnd && !wasAtEnd && scrollTop > last) this.call('onReachBottom')
      wasAtEnd = isAtEnd
      last = scrollTop
    }, { passive: true })
    if (this.window.enablePullDownRefresh) this.listenForPull()
  }

  listenForPull() {
    let from = null
    let pulled = 0
    const begin = (y) => { from = this.element.scrollTop <= 0 ? y : null }
    const move = (y) => {
      if (from === null) return
      pulled = Math.max(0, Math.min(120, (y - from) / 2))
      this.element.style.transform = pulled > 4 ? `translateY(${pulled}px)` : ''
    }
    const end = () => {
      if (from !== null && pulled >= PULL_TO / 2) this.refresh()
      else this.element.style.transform = ''
      from = null
      pulled = 0
    }
    const finger = (event) => event.touches[0]?.clientY ?? 0
    this.element.addEventListener('touchstart', (event) => begin(finger(event)), { passive: true })
    this.element.addEventListener('touchmove', (event) => move(finger(event)), { passive: true })
    this.element.addEventListener('touchend', end)
    this.element.addEventListener('mousedown', (event) => begin(event.clientY))
    this.element.addEventListener('mousemove', (event) => event.buttons && move(event.clientY))
    this.element.addEventListener('mouseup', end)
  }

  /** Pull to refresh, as by a finger; the page ends it with wx.stopPullDownRefresh. */
  refresh() {
    this.frame.classList.add('is-refreshing')
    this.element.style.transform = `translateY(${PULL_TO}px)`
    this.call('onPullDownRefresh')
  }

  refreshed() {
    this.frame.classList.remove('is-refreshing')
    this.element.style.transform = ''
  }

  /** @param {{scrollTop?: number, selector?: string, duration?: number, offsetTop?: number}} to */
  scrollTo({ scrollTop, selector, duration = 300, offsetTop = 0 }) {
    const target = selector && this.component.getShadowRoot().querySelector(selector)?.getBackendElement()
    const within = target ? target.getBoundingClientRect().top - this.element.getBoundingClientRect().top + this.element.scrollTop : 0
    this.element.scrollTo({ top: (scrollTop ?? within) + offsetTop, behavior: duration ? 'smooth' : 'instant' })
  }
}
