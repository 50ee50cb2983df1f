/** The tab bar: icons, words and marks, in the colours of app.json and theme.json. */
import { wechat as t } from '../texts.js'
import { h } from './dom.js'

/**
 * @param {any} phone
 * @param {(route: string) => void} open
 */
export function createTabBar(phone, open) {
  const { program } = phone
  const bar = program.config.tabBar ?? { list: [] }
  const element = h('nav.ph-tabs', { 'aria-label': t.tabs })
  const marks = bar.list.map(() => ({ text: '', dot: false }))
  const themed = (value) => program.themed(value, phone.settings.theme)

  /** @param {string | undefined} route the page on top; the bar is hidden when it is no tab */
  function draw(route) {
    element.hidden = !program.tabs.includes(route) || phone.isSinglePage
    element.style.setProperty('--tab-background', themed(bar.backgroundColor) ?? '')
    element.style.setProperty('--tab-line', themed(bar.borderStyle) === 'white' ? 'rgba(255,255,255,.08)' : '')
    element.replaceChildren(...bar.list.map((tab, index) => item(tab, index, tab.pagePath === route)))
  }

  function item(tab, index, isHere) {
    const picture = themed(isHere ? (tab.selectedIconPath ?? tab.iconPath) : tab.iconPath)
    const { text, dot } = marks[index]
    return h(
      'button.ph-tab',
      { click: () => open(tab.pagePath), 'aria-current': isHere ? 'page' : null, style: `color:${themed(isHere ? bar.selectedColor : bar.color) ?? ''}` },
      h('span.ph-tab-icon', {}, picture && h('img', { src: `/miniprogram/raw/${picture}`, alt: '', draggable: 'false' }), text && h('b.ph-badge', {}, text), dot && h('b.ph-dot')),
      h('span.ph-tab-text', {}, tab.text),
    )
  }

  /** Set what a tab wears; an unknown index is refused in WeChat's words. */
  function mark(index, worn) {
    if (!marks[index]) return false
    Object.assign(marks[index], worn)
    return true
  }

  return { element, draw, mark }
}
