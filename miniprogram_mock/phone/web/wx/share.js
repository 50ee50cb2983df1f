/** What of sharing the page decides by calls; the sharing itself is the capsule's menu and the share button. */
import { asynchronous } from './call.js'

const ALL = ['shareAppMessage', 'shareTimeline']

export function shareApis(phone) {
  const change = (made) => {
    const page = phone.router.current
    if (page) page.hiddenShares = made(page.hiddenShares ?? [])
  }
  return asynchronous(phone, {
    showShareMenu: ({ menus = ALL }) => change((hidden) => hidden.filter((one) => !menus.includes(one))),
    hideShareMenu: ({ menus = ALL }) => change((hidden) => [...new Set([...hidden, ...menus])]),
    updateShareMenu: () => ({}),
  })
}
