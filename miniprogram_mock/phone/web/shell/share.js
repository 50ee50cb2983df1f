/** Sharing: asks the page's real handlers, lets her pick whom, and leaves the card where the other person finds it. */
import { fill, wechat as t } from '../texts.js'
import { h } from './dom.js'
import { button, buttons } from './layers.js'

const WAIT_FOR_PROMISE_MS = 3000
const MOST_CARDS = 50
export const CARDS = 'shared-cards'
const PICTURE = { width: 500, height: 400 }

/** Every card that anybody on this machine sent, newest first. */
export const sentCards = () => JSON.parse(localStorage.getItem(CARDS) ?? '[]')

/** Which ways of sharing the page on top allows: what it handles itself, unless it hid the menu. */
export function allowed(page) {
  const hidden = page?.hiddenShares ?? []
  const forward = typeof page?.instance.onShareAppMessage === 'function' && !hidden.includes('shareAppMessage')
  return { forward, moments: forward && typeof page.instance.onShareTimeline === 'function' && !hidden.includes('shareTimeline') }
}

/**
 * Send the page to a friend, as from the menu or from a button.
 *
 * @param {{from: 'menu' | 'button', target?: any}} source
 */
export async function forward(shell, phone, source) {
  const page = phone.router.current
  const told = await settled(page.call('onShareAppMessage', { from: source.from, target: targetOf(source.target), webViewUrl: undefined }) ?? {})
  const card = await made(phone, { title: told.title || shell.appName, imageUrl: told.imageUrl, ...addressOf(told.path, page) })
  const person = await pickPerson(shell, phone)
  if (!person) return
  const sure = await shell.layers.show('dialog', `${t.share.to}${person.nickname}`, (close) => [
    h('h2', {}, `${t.share.to} ${person.nickname}`),
    drawn(shell, card),
    buttons(button('text', t.cancel, () => close(false)), button('text', t.share.confirm, () => close(true), { style: 'color:var(--ph-link)' })),
  ], { dismiss: false, className: 'ph-share-confirm' })
  if (!sure) return
  keep(phone, { ...card, scene: 1007, to: { kind: 'chat', id: person.id, nickname: person.nickname } })
  shell.toast({ title: t.share.sent })
}

/** Put the page into her Moments, where it opens alone. */
export async function moments(shell, phone) {
  const page = phone.router.current
  const told = page.call('onShareTimeline') ?? {}
  const query = told.query ?? queryOf(page.options)
  const card = await made(phone, { title: told.title || shell.appName, imageUrl: told.imageUrl, path: page.route, query })
  const thought = h('textarea.ph-field', { placeholder: t.share.thought, 'aria-label': t.share.thought, rows: 4 })
  const sure = await shell.layers.show('screen', t.share.momentsTitle, (close) => [
    h('header.ph-screen-bar', {}, button('text', t.cancel, () => close(false)), h('h2', {}, t.share.momentsTitle), button('mini', t.share.publish, () => close(true))),
    h('div.ph-screen-body', {}, thought, drawn(shell, card)),
  ], { dismiss: false })
  if (!sure) return
  keep(phone, { ...card, scene: 1154, words: thought.value.trim(), to: { kind: 'moments' } })
  shell.toast({ title: t.share.published })
}

/** A card as it lies in a chat or in Moments. */
export function drawn(shell, card, press) {
  return h(
    press ? 'button.ph-card' : 'div.ph-card', press ? { click: press } : { 'aria-label': t.share.preview },
    h('span.ph-card-app', {}, shell.mark(), shell.appName),
    h('strong', {}, card.title),
    card.imageUrl ? h('img', { src: card.imageUrl, alt: '', loading: 'lazy' }) : h('span.ph-card-blank', {}, shell.mark()),
    h('small', {}, t.appKind),
  )
}

/** What the handler returned, with what its promise said if that came in time. */
async function settled(told) {
  const { promise, ...first } = told instanceof Promise ? { promise: told } : told
  if (!promise) return first
  const late = new Promise((resolve) => setTimeout(resolve, WAIT_FOR_PROMISE_MS, {}))
  return { ...first, ...(await Promise.race([promise.catch(() => ({})), late])) }
}

async function made(phone, { title, path, query, imageUrl }) {
  const { id, nickname } = phone.person
  return { id: crypto.randomUUID(), at: Date.now(), from: { id, nickname }, title, path, query, imageUrl: await lasting(phone, imageUrl) }
}

/** Where a card leads: the path that the page named, or the page itself. */
function addressOf(path, page) {
  if (!path) return { path: page.route, query: queryOf(page.options) }
  const [route, query = ''] = path.replace(/^\//, '').split('?')
  return { path: route, query }
}

const queryOf = (options) => Object.entries(options ?? {}).map(([name, value]) => `${name}=${value}`).join('&')

/** An address that other documents can show too: what this page drew itself is turned into a small picture. Nothing for what WeChat does not take. */
async function lasting(phone, imageUrl) {
  if (!imageUrl) return ''
  const here = await phone.pictures.raster(imageUrl, 'share card').catch(() => '')
  if (!here.startsWith('blob:')) return here
  const image = new Image()
  image.src = here
  await image.decode()
  const canvas = Object.assign(document.createElement('canvas'), PICTURE)
  canvas.getContext('2d').drawImage(image, 0, 0, PICTURE.width, PICTURE.height)
  return canvas.toDataURL('image/jpeg', 0.8)
}

function targetOf(element) {
  return element && { id: element.id, dataset: element.dataset, offsetLeft: 0, offsetTop: 0 }
}

async function pickPerson(shell, phone) {
  let people = []
  let problem = t.share.nobody
  try {
    people = (await phone.sim('GET', '/users?limit=100')).users.filter((one) => one.id !== phone.person.id)
  } catch {
    problem = t.share.failed
  }
  return shell.layers.show('screen', t.share.to, (close) => [
    h('header.ph-screen-bar', {}, button('text', t.cancel, () => close(null)), h('h2', {}, t.share.to)),
    h(
      'div.ph-screen-body', {},
      people.length ? null : h('p.ph-empty', {}, problem),
      ...people.map((one) => h('button.ph-person', { click: () => close(one) }, h('i.ph-face', { 'aria-hidden': 'true' }, one.nickname.slice(0, 1)), one.nickname)),
    ),
  ], { dismiss: null })
}

function keep(phone, card) {
  const cards = [card, ...sentCards()].slice(0, MOST_CARDS)
  phone.shared = cards
  localStorage.setItem(CARDS, JSON.stringify(cards))
  phone.log('wx', { api: 'share', to: fill('{kind} {nickname}', card.to), path: card.path, query: card.query })
  phone.emit('shared', card)
}
