/** Small questions of WeChat and of the mini-program: modal, action sheet, permission, privacy, phone number. */
import { fill, wechat as t } from '../texts.js'
import { h, icon } from './dom.js'
import { button, buttons } from './layers.js'

/** `wx.showModal`: resolves to `{confirm, cancel, content}`. */
export function modal(shell, wanted) {
  const { title = '', content = '', showCancel = true, cancelText = t.modal.cancel, confirmText = t.modal.confirm, editable = false } = wanted
  const field = editable && h('textarea.ph-field', { placeholder: wanted.placeholderText ?? '', 'aria-label': wanted.placeholderText || title, rows: 2 })
  if (field) field.value = content
  const answer = (confirm) => ({ confirm, cancel: !confirm, content: confirm && field ? field.value : null })
  return shell.layers.show('dialog', title || content, (close) => [
    h('div.ph-modal-text', {}, title && h('h2', {}, title), field || (content && h('p', {}, content))),
    buttons(
      showCancel && button('text', cancelText, () => close(answer(false)), { style: `color:${wanted.cancelColor ?? ''}` }),
      button('text', confirmText, () => close(answer(true)), { style: `color:${wanted.confirmColor ?? 'var(--ph-link)'}` }),
    ),
  ])
}

/** `wx.showActionSheet`: the index, or -1. */
export function actionSheet(shell, { itemList, alertText, itemColor }) {
  return shell.layers.show('sheet', alertText || itemList.join('、'), (close) => [
    h(
      'div.ph-actions', {},
      alertText && h('p.ph-actions-title', {}, alertText),
      ...itemList.map((text, index) => button('row', text, () => close(index), { style: `color:${itemColor ?? ''}` })),
    ),
    button('row', t.cancel, () => close(-1)),
  ], { dismiss: -1, className: 'ph-action-sheet' })
}

/** May the mini-program use this? `true` or `false`. */
export function permission(shell, scope, purpose) {
  const { title, desc } = t.permission.scopes[scope]
  return shell.layers.show('sheet', title, (close) => [
    asks(shell, t.permission.title),
    h('h2', {}, title),
    h('p.ph-quiet', {}, purpose || desc),
    buttons(button('plain', t.refuse, () => close(false)), button('primary', t.allow, () => close(true))),
  ], { className: 'ph-ask' })
}

/** WeChat's own privacy question, for a mini-program that brings none. */
export function privacy(shell) {
  const contract = fill(t.privacy.contract, { app: shell.appName })
  return shell.layers.show('sheet', t.privacy.title, (close) => [
    asks(shell, '{app}'),
    h('h2', {}, t.privacy.title),
    h('p.ph-quiet', {}, t.privacy.text, h('button.ph-inline-link', { click: () => shell.privacyContract() }, contract), t.privacy.tail),
    buttons(button('plain', t.refuse, () => close(false)), button('primary', t.privacy.agree, () => close(true))),
  ], { className: 'ph-ask' })
}

/** The guide that a mini-program registers with WeChat. */
export function privacyContract(shell) {
  const names = { app: shell.appName, merchant: shell.merchantName }
  return shell.screen(t.privacy.guide, () => [h('article.ph-article', {}, ...t.privacy.guideText.map((line) => h('p', {}, fill(line, names))))])
}

/** The number that WeChat knows of her: its code, or nothing when she refuses; an `errno` when the mini-program has used up its numbers. */
export async function phoneNumber(shell, phone) {
  const { phone: number } = phone.person
  if (!number) {
    await modal(shell, { content: t.phoneNumber.none, showCancel: false, confirmText: t.phoneNumber.know })
    return null
  }
  const masked = `${number.slice(0, 3)}****${number.slice(-4)}`
  const allowed = await shell.layers.show('sheet', fill(t.phoneNumber.title, { app: shell.appName }), (close) => [
    asks(shell, '{app}'),
    h('h2', {}, fill(t.phoneNumber.title, { app: shell.appName })),
    h('div.ph-number', {}, h('strong', {}, masked), h('small', {}, t.phoneNumber.bound), icon('check', 20)),
    buttons(button('plain', t.phoneNumber.refuse, () => close(false)), button('primary', t.allow, () => close(true))),
  ], { dismiss: false, className: 'ph-ask' })
  if (!allowed) return null
  try {
    if (phone.settings.network === 'offline') throw new Error('offline')
    return { code: (await phone.sim('POST', `/users/${phone.person.id}/phone-code`, { appid: phone.appid })).code }
  } catch (failure) {
    if (failure.errno) return { errno: failure.errno }
    shell.toast({ title: t.phoneNumber.failed, icon: 'none' })
    return null
  }
}

/** Who asks: the mini-program's mark and name. */
export function asks(shell, text) {
  return h('div.ph-asks', {}, shell.mark(), h('span', {}, fill(text, { app: shell.appName })))
}
