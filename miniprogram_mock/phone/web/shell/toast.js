/** Toast and loading: one at a time, the later takes the place of the earlier. */
import { wechat as t } from '../texts.js'
import { h, icon } from './dom.js'

const ICONS = { success: 'check', error: 'error' }

export function createToast(root) {
  let shown = null
  let timer = 0

  function hide() {
    clearTimeout(timer)
    shown?.remove()
    shown = null
  }

  /** @param {{title?: string, icon?: 'success' | 'error' | 'loading' | 'none', image?: string, duration?: number, mask?: boolean}} wanted */
  function show({ title = '', icon: name = 'success', image, duration = 1500, mask = false }) {
    hide()
    const picture = image
      ? h('img', { src: image, alt: '', width: 40, height: 40 })
      : name === 'loading' ? h('i.ph-spinner.is-large', { 'aria-hidden': 'true' }) : ICONS[name] && icon(ICONS[name], 40)
    shown = h(
      `div.ph-toast-layer${mask ? '.is-mask' : ''}`, {},
      h(`div.ph-toast${picture ? '.has-icon' : ''}`, { role: 'status' }, picture, h('span', {}, title || (name === 'loading' ? t.loading : ''))),
    )
    root.append(shown)
    if (Number.isFinite(duration)) timer = setTimeout(hide, duration)
  }

  return { show, hide }
}
