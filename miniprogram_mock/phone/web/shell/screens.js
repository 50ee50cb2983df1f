/** WeChat's own full screens: a place with its navigation, pictures, the talk with customer service, a call. */
import { fill, wechat as t } from '../texts.js'
import { h, icon } from './dom.js'
import { button, buttons } from './layers.js'

/** `wx.openLocation`. @param {{latitude: number, longitude: number, name?: string, address?: string, scale?: number}} place */
export function openLocation(shell, place) {
  const { latitude, longitude, name, address, scale = 15 } = place
  return shell.screen(t.location.title, () => [
    map({ latitude, longitude, scale, markers: [{ id: 1, latitude, longitude, title: name ?? '' }] }),
    h(
      'div.ph-place', {},
      h('div', {}, h('h2', {}, name || t.location.unnamed), address && h('p.ph-quiet', {}, address), h('p.ph-quiet.ph-mono', {}, `${latitude.toFixed(6)}, ${longitude.toFixed(6)}`)),
      button('primary', t.location.navigate, () => navigate(shell, name || address || t.location.unnamed)),
    ),
  ], { className: 'ph-location' })
}

async function navigate(shell, place) {
  const { maps } = t.location
  const index = await shell.actionSheet({ itemList: maps })
  if (index >= 0) shell.toast({ title: fill(t.location.opened, { map: maps[index], place }), icon: 'none', duration: 2500 })
}

/** `wx.chooseLocation`: where she is, or one of the offered places; nothing when she leaves. */
export function chooseLocation(shell, places) {
  return shell.layers.show('screen', t.location.choose, (close) => [
    h('header.ph-screen-bar', {}, button('text', t.cancel, () => close(null)), h('h2', {}, t.location.choose)),
    h('div.ph-screen-body', {}, ...places.map((place) => h('button.ph-list-item', { click: () => close(place) }, h('span', {}, place.name, h('small', {}, place.address))))),
  ], { dismiss: null })
}

/** The `<map>` element, outside of any page. */
function map(properties) {
  /** @type {any} */
  const element = document.createElement('wx-map')
  element.classList.add('ph-map')
  for (const [name, value] of Object.entries(properties)) element.receive?.(name, value)
  return element
}

/** `wx.previewImage`: swipe through the pictures; a tap closes. */
export function preview(shell, phone, urls, current) {
  const first = Math.max(0, urls.indexOf(current))
  return shell.layers.show('screen', t.preview.label, (close) => {
    const count = h('p.ph-preview-count', { 'aria-live': 'polite' })
    const strip = h('div.ph-preview-strip', {}, ...urls.map((url) => h('div', { click: () => close() }, picture(phone, url))))
    const here = () => Math.round(strip.scrollLeft / (strip.clientWidth || 1))
    const go = (index) => strip.scrollTo({ left: index * strip.clientWidth, behavior: 'smooth' })
    const tell = () => { count.textContent = fill(t.preview.count, { index: here() + 1, total: urls.length }) }
    strip.addEventListener('scroll', tell, { passive: true })
    requestAnimationFrame(() => {
      strip.scrollTo({ left: first * strip.clientWidth, behavior: 'instant' })
      tell()
    })
    const save = () => shell.saveImage(urls[here()]).then(() => shell.toast({ title: t.preview.saved }))
    return [
      strip,
      count,
      urls.length > 1 && h('button.ph-preview-step.is-previous', { 'aria-label': t.preview.previous, click: () => go(here() - 1) }, icon('back')),
      urls.length > 1 && h('button.ph-preview-step.is-next', { 'aria-label': t.preview.next, click: () => go(here() + 1) }, icon('back')),
      h('div.ph-preview-foot', {}, button('mini', t.save, save), button('mini', t.close, () => close())),
    ]
  }, { dismiss: undefined, className: 'ph-preview' })
}

/** What WeChat cannot show stays black. */
function picture(phone, url) {
  const image = /** @type {HTMLImageElement} */ (h('img', { alt: '', draggable: 'false' }))
  phone.pictures.raster(url, 'previewImage').then((address) => { image.src = address }, () => {})
  return image
}

/** The chat with customer service that `open-type="contact"` opens. */
export function contact(shell) {
  const words = (text, side) => h(`p.ph-bubble.is-${side}`, {}, text)
  return shell.screen(t.contact.title, () => {
    const talk = h('div.ph-talk', { 'aria-live': 'polite' }, words(fill(t.contact.hello, { app: shell.appName }), 'theirs'))
    const field = h('input.ph-field', { placeholder: t.contact.placeholder, 'aria-label': t.contact.placeholder })
    const send = () => {
      if (!field.value.trim()) return
      talk.append(words(field.value.trim(), 'mine'), words(t.contact.auto, 'theirs'))
      field.value = ''
      talk.lastChild.scrollIntoView()
    }
    field.addEventListener('keydown', (event) => event.key === 'Enter' && send())
    return [talk, h('div.ph-talk-foot', {}, field, button('mini', t.contact.send, send))]
  }, { className: 'ph-contact' })
}

/** `wx.makePhoneCall`: the system asks first; `true` when she calls. */
export async function call(shell, number) {
  const sure = await shell.layers.show('sheet', `${t.call.title} ${number}`, (close) => [
    button('row', `${t.call.title} ${number}`, () => close(true)),
    button('row', t.cancel, () => close(false)),
  ], { dismiss: false, className: 'ph-action-sheet' })
  if (sure) {
    await shell.layers.show('dialog', fill(t.call.calling, { number }), (close) => [
      h('div.ph-modal-text', {}, icon('phone', 36), h('p', {}, fill(t.call.calling, { number }))),
      buttons(button('text', t.call.hangUp, () => close(), { style: 'color:var(--ph-danger)' })),
    ])
  }
  return sure
}
