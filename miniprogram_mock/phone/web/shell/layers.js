/** The place above the pages: dialogs in the middle, sheets from below, screens from the right. While one is open the rest is out of reach. */
import { h } from './dom.js'

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} stage what lies beneath
 * @param {() => boolean} isCovered whether something else keeps the stage out of reach
 */
export function createLayers(root, stage, isCovered) {
  const host = h('div.ph-layers')
  root.append(host)
  const open = []
  let lastDown = 0
  window.addEventListener('pointerdown', (event) => { lastDown = event.timeStamp }, { capture: true })

  /**
   * @param {'dialog' | 'sheet' | 'screen'} kind
   * @param {string} label its accessible name
   * @param {(close: (answer?: any) => void) => any[]} build
   * @param {{dismiss?: any, className?: string}} [options] `dismiss`: the answer of a tap beside it and of Escape; without it neither closes
   * @returns {Promise<any>} what `close` was given
   */
  function show(kind, label, build, options = {}) {
    return new Promise((resolve) => {
      const before = /** @type {HTMLElement | null} */ (document.activeElement)
      const openedAt = performance.now()
      const panel = h(`section.ph-panel.is-${kind}${options.className ? `.${options.className}` : ''}`, { role: 'dialog', 'aria-modal': 'true', 'aria-label': label, tabindex: -1 })
      const layer = h(`div.ph-layer.is-${kind}`, {}, h('div.ph-backdrop', { click: () => dismiss() }), panel)
      const close = (answer) => {
        if (!open.includes(entry)) return
        open.splice(open.indexOf(entry), 1)
        layer.remove()
        settle()
        before?.focus?.({ preventScroll: true })
        resolve(answer)
      }
      const dismiss = () => 'dismiss' in options && close(options.dismiss)
      const entry = { layer, close, dismiss }
      // The finger that opened this must not also press what has just appeared under it.
      layer.addEventListener('click', (event) => event.detail && lastDown < openedAt && event.stopPropagation(), { capture: true })
      layer.addEventListener('keydown', (event) => event.key === 'Escape' && dismiss())
      panel.append(...build(close).filter(Boolean))
      open.push(entry)
      host.append(layer)
      settle()
      panel.focus({ preventScroll: true })
    })
  }

  function settle() {
    stage.inert = open.length > 0 || isCovered()
    open.forEach(({ layer }, index) => { layer.inert = index < open.length - 1 })
  }

  return {
    show,
    settle,
    /** Take everything away, as when the mini-program is left; each answers with what a dismissal means, or nothing. */
    clear: () => [...open].reverse().forEach(({ dismiss, close }) => { dismiss(); close(undefined) }),
  }
}

/** The row of two buttons under a dialog. */
export function buttons(...made) {
  return h('div.ph-buttons', {}, ...made)
}

/** @param {'primary' | 'plain' | 'text' | 'row' | 'mini'} look */
export function button(look, text, press, given = {}) {
  return h(`button.ph-button.is-${look}`, { click: press, ...given }, text)
}
