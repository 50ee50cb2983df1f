/** Between pages: the router knows the rules and WeChat's words for breaking them. */
import { asynchronous } from './call.js'

export function navigateApis(phone) {
  const { router } = phone
  return asynchronous(phone, {
    navigateTo: ({ url, events }) => router.navigateTo(url, { events }),
    redirectTo: ({ url }) => router.redirectTo(url),
    switchTab: ({ url }) => router.switchTab(url),
    reLaunch: ({ url }) => router.reLaunch(url),
    navigateBack: ({ delta = 1 }) => router.navigateBack(delta),
  })
}
