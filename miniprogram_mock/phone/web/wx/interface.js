/** Words, bars and movement that the mini-program asks of the phone: toast, modal, navigation bar, tab bar, refresh, scroll. */
import { Refusal, asynchronous } from './call.js'

const MOST_ITEMS = 6
/** A button of a modal holds four Chinese characters. */
const MOST_LETTERS = 4

export function interfaceApis(phone) {
  const { shell } = phone
  return {
    ...asynchronous(phone, { ...talk(phone, shell), ...navigationBar(phone), ...tabBar(phone), ...movement(phone) }),
    nextTick: (run) => { queueMicrotask(run) },
  }
}

function talk(phone, shell) {
  return {
    showToast: ({ title = '', icon = 'success', image, duration = 1500, mask = false }) => shell.toast({ title, icon, image: image && phone.picture(image), duration, mask }),
    hideToast: () => shell.hideToast(),
    showLoading: ({ title = '', mask = false }) => shell.toast({ title, icon: 'loading', duration: Infinity, mask }),
    hideLoading: () => shell.hideToast(),
    async showModal(options) {
      for (const name of ['confirmText', 'cancelText']) {
        if ((options[name] ?? '').length > MOST_LETTERS) throw new Refusal(`${name} length should not larger than 4 Chinese characters`)
      }
      return shell.modal(options)
    },
    async showActionSheet(options) {
      if (!Array.isArray(options.itemList) || !options.itemList.length) throw new Refusal('parameter error: parameter.itemList should have at least 1 item')
      if (options.itemList.length > MOST_ITEMS) throw new Refusal('parameter error: itemList should not be large than 6')
      const tapIndex = await shell.actionSheet(options)
      if (tapIndex === undefined || tapIndex < 0) throw new Refusal('cancel')
      return { tapIndex }
    },
  }
}

function navigationBar(phone) {
  const change = (apply) => {
    const page = phone.router.current
    if (!page) throw new Refusal('page is not ready')
    apply(page)
    phone.shell.navigation()
  }
  return {
    setNavigationBarTitle: ({ title }) => change((page) => { page.window.navigationBarTitleText = title }),
    setNavigationBarColor: ({ frontColor, backgroundColor }) => change((page) => {
      if (!['#ffffff', '#000000'].includes(frontColor)) throw new Refusal(`invalid frontColor "${frontColor}"`)
      Object.assign(page.window, { navigationBarTextStyle: frontColor === '#ffffff' ? 'white' : 'black', navigationBarBackgroundColor: backgroundColor })
    }),
    showNavigationBarLoading: () => change((page) => { page.isNavigationLoading = true }),
    hideNavigationBarLoading: () => change((page) => { page.isNavigationLoading = false }),
    hideHomeButton: () => change((page) => { page.window.homeButton = false }),
    setBackgroundColor: ({ backgroundColor }) => change((page) => { page.window.backgroundColor = backgroundColor ?? page.window.backgroundColor }),
    setBackgroundTextStyle: ({ textStyle }) => change((page) => { page.window.backgroundTextStyle = textStyle }),
  }
}

function tabBar(phone) {
  const mark = (index, worn) => {
    if (!phone.router.isTab(phone.router.current?.route)) throw new Refusal('not TabBar page')
    if (!phone.shell.tabs.mark(index, worn)) throw new Refusal('tabbar item not found')
    phone.shell.navigation()
  }
  return {
    setTabBarBadge: ({ index, text }) => mark(index, { text: String(text).length > 3 ? '…' : String(text), dot: false }),
    removeTabBarBadge: ({ index }) => mark(index, { text: '' }),
    showTabBarRedDot: ({ index }) => mark(index, { dot: true, text: '' }),
    hideTabBarRedDot: ({ index }) => mark(index, { dot: false }),
  }
}

function movement(phone) {
  return {
    startPullDownRefresh() {
      phone.router.current?.refresh()
    },
    stopPullDownRefresh() {
      phone.router.current?.refreshed()
    },
    pageScrollTo: (options) => phone.router.current?.scrollTo(options),
  }
}
