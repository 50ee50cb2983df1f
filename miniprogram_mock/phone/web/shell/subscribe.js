/** The question whether the mini-program may send messages: each template with a tick, and a tick that ends the asking. */
import { fill, wechat as t } from '../texts.js'
import { h } from './dom.js'
import { asks } from './dialogs.js'
import { button, buttons } from './layers.js'

/**
 * @param {any} shell
 * @param {{id: string, title: string}[]} templates
 * @returns {Promise<{answers: Record<string, 'accept' | 'reject'>, always: boolean}>}
 */
export function subscribe(shell, templates) {
  const ticked = new Map(templates.map(({ id }) => [id, true]))
  const always = h('input', { type: 'checkbox' })
  const answer = (allowed) => ({
    answers: Object.fromEntries(templates.map(({ id }) => [id, allowed && ticked.get(id) ? 'accept' : 'reject'])),
    always: always.checked,
  })
  return shell.layers.show('sheet', fill(t.subscribe.title, { app: shell.appName }), (close) => {
    const allow = button('primary', t.allow, () => close(answer(true)))
    const rows = templates.map(({ id, title }) => {
      const box = h('input', { type: 'checkbox', checked: true, change: () => {
        ticked.set(id, box.checked)
        allow.disabled = ![...ticked.values()].some(Boolean)
      } })
      return h('label.ph-check', {}, box, h('span', {}, title))
    })
    return [
      asks(shell, '{app}'),
      h('h2', {}, fill(t.subscribe.title, { app: shell.appName })),
      h('div.ph-checks', {}, ...rows),
      h('label.ph-check.is-quiet', {}, always, h('span', {}, t.subscribe.always)),
      buttons(button('plain', t.refuse, () => close(answer(false))), allow),
    ]
  }, { className: 'ph-ask' })
}
