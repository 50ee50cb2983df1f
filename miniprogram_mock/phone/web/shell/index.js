/**
 * The phone around the mini-program's pages: bars, dialogs, and WeChat's own screens.
 *
 * @typedef {{title: string, canGoBack: boolean, canGoHome: boolean, isLoading: boolean}} Look
 */
import { createNavigationBar, createOfflineLine, createSinglePageBar, createStatusBar } from './bars.js'
import * as dialogs from './dialogs.js'
import { h, icon } from './dom.js'
import { createLayers } from './layers.js'
import { menu, settings } from './menu.js'
import { createOutside } from './outside.js'
import { pay } from './pay.js'
import { picker } from './picker.js'
import * as screens from './screens.js'
import { forward, sentCards } from './share.js'
import { subscribe } from './subscribe.js'
import { createTabBar } from './tabs.js'
import { createToast } from './toast.js'
import { wechat as t } from '../texts.js'

const FROM_SINGLE_PAGE = 1155
/** What WeChat paints when a mini-program says nothing. */
const BAR = '#000'
const BEHIND = '#fff'

/**
 * @param {any} phone
 * @param {HTMLElement} root
 */
export function createShell(phone, root) {
  phone.album = []
  phone.shared = sentCards()
  const pages = h('main.ph-pages')
  const appName = phone.accounts.find((account) => account.kind === 'MiniProgram').name
  const shell = { pages, appName, copied: '', merchantName: phone.merchants[0]?.name ?? appName }
  // Left alone by these: a button that leads nowhere, because the page or the stack has just changed, does nothing.
  const quietly = (promise) => promise.catch((error) => phone.log('wx', { api: 'shell', error: error.errMsg ?? error.message }))
  const bar = createNavigationBar(phone, {
    back: () => quietly(phone.router.navigateBack(1)),
    home: () => quietly(phone.router.reLaunch(`/${phone.program.pages[0]}`)),
    menu: () => quietly(menu(shell, phone)),
    exit: () => leave(),
  })
  const tabs = createTabBar(phone, (route) => quietly(phone.router.switchTab(`/${route}`)))
  const single = createSinglePageBar(appName, () => openWhole())
  const top = h('div.ph-top', {}, bar.element)
  const stage = h('div.ph-stage', {}, top, createOfflineLine(phone), pages, tabs.element, single, bar.capsule)
  const outside = createOutside(shell, phone)
  root.classList.add('ph')
  root.append(stage, outside.element)
  const layers = createLayers(root, stage, () => !outside.element.hidden)
  const toast = createToast(root)
  root.append(createStatusBar(phone), h('i.ph-home-indicator', { 'aria-hidden': 'true' }))

  function leave() {
    layers.clear()
    toast.hide()
    phone.hide()
    outside.show()
    layers.settle()
  }

  /** From Moments' single page into the mini-program, at the same page. */
  function openWhole() {
    const { route, options } = phone.router.current
    const query = Object.entries(options).map(([name, value]) => `${name}=${value}`).join('&')
    quietly(phone.launch({ path: query ? `${route}?${query}` : route, scene: FROM_SINGLE_PAGE }))
  }

  /** Draw the bars for a page, as its window and the stack say. */
  function navigation(page = phone.router.current) {
    if (!page) return
    const { theme } = phone.settings
    const window = page.window
    const themed = (name) => phone.program.themed(window[name], theme)
    const isFirst = phone.router.stack.length <= 1
    root.dataset.theme = theme
    root.classList.toggle('is-custom-nav', window.navigationStyle === 'custom' && !phone.isSinglePage)
    root.classList.toggle('is-light-text', themed('navigationBarTextStyle') !== 'black')
    top.style.background = themed('navigationBarBackgroundColor') ?? BAR
    pages.style.background = themed('backgroundColor') ?? BEHIND
    single.hidden = !phone.isSinglePage
    bar.draw({
      title: window.navigationBarTitleText ?? '',
      canGoBack: !isFirst,
      canGoHome: isFirst && window.homeButton !== false && !phone.isSinglePage && page.route !== phone.program.pages[0] && !phone.router.isTab(page.route),
      isLoading: Boolean(page.isNavigationLoading),
    })
    tabs.draw(page.route)
    document.title = window.navigationBarTitleText || appName
  }

  async function saveImage(url) {
    const answer = await fetch(phone.picture(url))
    if (!answer.ok) throw new Error(`picture: ${answer.status}`)
    phone.album.push({ url: URL.createObjectURL(await answer.blob()), at: Date.now() })
    phone.emit('album', phone.album)
  }

  phone.on('page:shown', () => navigation())
  phone.on('settings', ({ name }) => name === 'theme' && navigation())
  phone.on('app:show', () => {
    outside.hide()
    layers.settle()
  })
  phone.on('launch', () => {
    layers.clear()
    toast.hide()
    outside.hide()
    phone.program.tabs.forEach((_, index) => tabs.mark(index, { text: '', dot: false }))
  })

  return Object.assign(shell, {
    layers,
    navigation,
    tabs,
    leave,
    mark: () => h('i.ph-mark', { 'aria-hidden': 'true' }, appName.slice(0, 1)),
    toast: toast.show,
    hideToast: toast.hide,
    toastLoading: (title) => toast.show({ title, icon: 'loading', duration: Infinity, mask: true }),
    modal: (wanted) => dialogs.modal(shell, wanted),
    actionSheet: (wanted) => dialogs.actionSheet(shell, wanted),
    permission: (scope, text) => dialogs.permission(shell, scope, text),
    privacy: () => dialogs.privacy(shell),
    privacyContract: () => dialogs.privacyContract(shell),
    phoneNumber: () => dialogs.phoneNumber(shell, phone),
    pay: (bill, work) => pay(shell, bill, work),
    subscribe: (templates) => subscribe(shell, templates),
    share: (source) => forward(shell, phone, source),
    settings: () => settings(shell, phone),
    openLocation: (place) => screens.openLocation(shell, place),
    chooseLocation: (places) => screens.chooseLocation(shell, places),
    preview: (urls, current) => screens.preview(shell, phone, urls, current),
    contact: () => screens.contact(shell),
    call: (number) => screens.call(shell, number),
    picker: (wanted) => picker(shell, wanted),
    saveImage,
    /** Onto the phone's clipboard, and onto the computer's where the browser lets us. */
    copy(text) {
      shell.copied = text
      navigator.clipboard?.writeText(text).catch(() => {})
    },
    /** One of WeChat's own screens, with its title and a way back. */
    screen: (title, build, options = {}) => layers.show('screen', title, (close) => [
      h('header.ph-screen-bar', {}, h('button.ph-nav-button', { 'aria-label': t.back, click: () => close() }, icon('back', 26)), h('h2', {}, title)),
      h('div.ph-screen-body', {}, ...build(close).filter(Boolean)),
    ], { dismiss: undefined, ...options }),
  })
}
