/** The capsule's menu and what it leads to: sharing, starting anew, and the settings of the mini-program. */
import { fill, wechat as t } from '../texts.js'
import { h, icon } from './dom.js'
import { button } from './layers.js'
import { allowed, forward, moments } from './share.js'

export async function menu(shell, phone) {
  const { menuItems: words } = t
  const may = phone.isSinglePage ? { forward: false, moments: false } : allowed(phone.router.current)
  const chosen = await shell.layers.show('sheet', t.menu, (close) => {
    const item = (name, text, enabled = true) => h('button.ph-menu-item', { click: () => close(name), disabled: !enabled }, h('span', {}, icon(name)), text)
    return [
      h('div.ph-menu-head', {}, shell.mark(), shell.appName),
      h(
        'div.ph-menu-row', {},
        item('forward', may.forward ? words.forward : words.noForward, may.forward),
        item('moments', may.moments ? words.moments : words.noMoments, may.moments),
        item('link', words.copyLink),
      ),
      h('div.ph-menu-row', {}, item('restart', words.restart), item('settings', words.settings)),
      button('row', t.cancel, () => close()),
    ]
  }, { dismiss: undefined, className: 'ph-menu' })
  const acts = {
    forward: () => forward(shell, phone, { from: 'menu' }),
    moments: () => moments(shell, phone),
    link: () => copyLink(shell, phone),
    restart: () => phone.launch({ path: '', scene: phone.entry.scene }),
    settings: () => settings(shell, phone),
  }
  await acts[chosen]?.()
}

/** A short link opens the mini-program at this page from anywhere in WeChat. */
function copyLink(shell, phone) {
  shell.copy(`#小程序://${shell.appName}/${phone.router.current.route}`)
  shell.toast({ title: t.menuItems.linkCopied })
}

/** What she allowed the mini-program; every change counts at once. Resolves when she leaves. */
export async function settings(shell, phone) {
  const { scopes } = t.permission
  await shell.screen(t.settings.title, () => {
    const asked = Object.keys(phone.settings.granted).filter((scope) => scopes[scope])
    return [
      h('h3.ph-section', {}, fill(t.settings.permissions, { app: shell.appName })),
      asked.length ? null : h('p.ph-empty', {}, t.settings.none),
      ...asked.map((scope) => toggle(scopes[scope].name, phone.settings.granted[scope] === true, (on) => phone.set('granted', { ...phone.settings.granted, [scope]: on }))),
      h('h3.ph-section', {}, t.settings.notices),
      toggle(t.settings.receive, phone.settings.subscribe !== 'off', (on) => phone.set('subscribe', on ? 'on' : 'off')),
      ...keptAnswers(phone),
      h('button.ph-list-item', { click: () => shell.privacyContract() }, t.settings.privacy),
    ]
  })
}

/** Answers she ticked to be kept, each to be changed here only. */
function keptAnswers(phone) {
  const kept = phone.system.get('subscribe-kept', {})
  return Object.entries(kept).map(([id, { title, answer }]) => toggle(title, answer === 'accept', (on) => {
    phone.system.set('subscribe-kept', { ...phone.system.get('subscribe-kept', {}), [id]: { title, answer: on ? 'accept' : 'reject' } })
  }))
}

function toggle(text, on, change) {
  const box = h('input', { type: 'checkbox', role: 'switch', checked: on, change: () => change(box.checked) })
  return h('label.ph-list-item', {}, text, box)
}
