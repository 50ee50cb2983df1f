/** Status bar, navigation bar with the capsule, and the line that says that there is no network. */
import { wechat as t } from '../texts.js'
import { h, icon } from './dom.js'

const STATUS_ICONS = {
  signal: '<svg viewBox="0 0 18 12" width="18" height="12" fill="currentColor" aria-hidden="true"><rect x="0" y="8" width="3" height="4" rx="1"/><rect x="5" y="5.5" width="3" height="6.5" rx="1"/><rect x="10" y="3" width="3" height="9" rx="1"/><rect x="15" y="0" width="3" height="12" rx="1"/></svg>',
  wifi: '<svg viewBox="0 0 16 12" width="16" height="12" fill="currentColor" aria-hidden="true"><path d="M8 2.6c2 0 3.9.8 5.3 2.100l1.2-1.300A9.4 9.4 0 0 0 8 .8 9.4 9.4 0 0 0 1.5 3.400l1.2 1.300A7.6 7.6 0 0 1 8 2.600zm0 3.700c1.1 0 2.1.4 2.9 1.100l1.2-1.300A6 6 0 0 0 8 4.500a6 6 0 0 0-4.1 1.600l1.2 1.300c.8-.7 1.8-1.1 2.9-1.100zm0 2L5.9 9.9 8 12l2.1-2.100z"/></svg>',
  offline: '<svg viewBox="0 0 16 14" width="16" height="14" fill="currentColor" aria-hidden="true"><path d="M15 7c0-.7-.6-1.2-1.3-1.200H10L6.7.5H5.200l1.6 5.300H3.600L2.4 4.300H1.200L2 7l-.8 2.700h1.200l1.2-1.500h3.200l-1.6 5.300h1.500L10 8.200h3.700C14.4 8.2 15 7.7 15 7z"/></svg>',
  battery: '<svg viewBox="0 0 27 13" width="27" height="13" aria-hidden="true"><rect x=".5" y=".5" width="23" height="12" rx="3.5" fill="none" stroke="currentColor" opacity=".4"/><rect x="2" y="2" width="18" height="9" rx="2" fill="currentColor"/><path d="M25 4.500v4c.8-.3 1.3-1.1 1.3-2s-.5-1.7-1.3-2z" fill="currentColor" opacity=".5"/></svg>',
}

/** The bar with the time and the network. */
export function createStatusBar(phone) {
  const clock = h('span.ph-clock')
  const network = h('span.ph-network')
  const element = h('div.ph-status', { 'aria-hidden': 'true' }, clock, network)
  const tick = () => {
    clock.textContent = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date())
  }
  const draw = () => {
    const kind = phone.settings.network
    const middle = kind === 'wifi' ? STATUS_ICONS.wifi : `<b>${t.network[kind] ?? ''}</b>`
    network.innerHTML = kind === 'offline' ? STATUS_ICONS.offline + STATUS_ICONS.battery : STATUS_ICONS.signal + middle + STATUS_ICONS.battery
  }
  tick()
  draw()
  setInterval(tick, 10_000)
  phone.on('settings', ({ name }) => name === 'network' && draw())
  return element
}

/** What WeChat shows under the navigation bar while there is no network. */
export function createOfflineLine(phone) {
  const element = h('div.ph-offline', { role: 'status' }, icon('error', 18), t.offline)
  const draw = () => { element.hidden = phone.settings.network !== 'offline' }
  phone.on('settings', ({ name }) => name === 'network' && draw())
  draw()
  return element
}

/**
 * @param {{back: () => void, home: () => void, menu: () => void, exit: () => void}} presses
 */
export function createNavigationBar(phone, presses) {
  const title = h('h1.ph-title')
  const spinner = h('i.ph-spinner', { hidden: true, 'aria-hidden': 'true' })
  const back = h('button.ph-nav-button', { click: presses.back, 'aria-label': t.back }, icon('back', 26))
  const home = h('button.ph-nav-button', { click: presses.home, 'aria-label': t.home }, icon('home'))
  const element = h('header.ph-nav', {}, h('div.ph-nav-side', {}, back, home), h('div.ph-nav-middle', {}, spinner, title))
  const capsule = h(
    'div.ph-capsule', {},
    h('button', { click: presses.menu, 'aria-label': t.menu }, dots()),
    h('button', { click: presses.exit, 'aria-label': t.exit }, ring()),
  )

  /** @param {import('./index.js').Look} look */
  function draw(look) {
    title.textContent = look.title
    back.hidden = !look.canGoBack
    home.hidden = !look.canGoHome
    spinner.hidden = !look.isLoading
  }
  return { element, capsule, draw }
}

function dots() {
  const made = h('span.ph-dots', { 'aria-hidden': 'true' })
  made.innerHTML = '<svg viewBox="0 0 24 24" width="22" height="22" fill="currentColor"><circle cx="5" cy="12" r="2"/><circle cx="12" cy="12" r="3.2"/><circle cx="19" cy="12" r="2"/></svg>'
  return made
}

function ring() {
  const made = h('span', { 'aria-hidden': 'true' })
  made.innerHTML = '<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"><circle cx="12" cy="12" r="8.5" stroke-width="2.2"/><circle cx="12" cy="12" r="3.3" fill="currentColor"/></svg>'
  return made
}

/** The bar at the foot of a page opened from Moments: it leads into the whole mini-program. */
export function createSinglePageBar(appName, open) {
  return h('div.ph-single', {}, h('span.ph-single-name', {}, appName, h('small', {}, t.single.from)), h('button.ph-button.is-primary', { click: open }, t.single.open))
}
