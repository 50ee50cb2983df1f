/** The desk: a phone in the middle, the world around it on the left, what happened and what arrived on the right. */
import { h } from '../shell/dom.js'
import { CARDS, sentCards } from '../shell/share.js'
import { createControls, entranceChoices } from './controls.js'
import { Handset } from './handset.js'
import { cardRows, addressOf, noticeRows, serviceRows } from './inbox.js'
import { Records } from './records.js'
import { deviceAddress, readState, writeState } from './state.js'
import { createTabs } from './tabs.js'
import { T } from './texts.js'

const POLL_MS = 2000
const DRAW_MS = 120
const NARROW = '(max-width: 719px)'
/** @returns {any} */
const $ = (id) => document.getElementById(id)

async function sim(path, body) {
  const answer = await fetch(`/sim/${path}`, body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {})
  const content = await answer.json()
  if (!answer.ok) throw new Error(content.error ?? `HTTP ${answer.status}`)
  return content
}

function toast(text) {
  $('toast').textContent = text
  $('toast').hidden = false
  clearTimeout(toast.timer)
  toast.timer = setTimeout(() => ($('toast').hidden = true), 4000)
}
toast.timer = 0

const records = new Records()
const desk = {
  state: readState(), people: [], cards: sentCards(), messages: [], payments: [], refunds: [], world: null, offset: 0,
  get person() {
    return this.people.find(({ id }) => String(id) === this.state.person)
  },
  keep(more) {
    Object.assign(this.state, more)
    writeState(this.state)
  },
  /** A setting of the world around the phone: it holds at once, without a restart. */
  set(name, value) {
    this.keep({ [name]: value })
    if (name === 'size') arrange()
    else handset.set(name, value)
  },
  /** Another person takes the phone: her own, opened plainly or at a card. */
  give(id, entry = { scene: '1001', path: '' }) {
    this.keep({ person: String(id), ...entry })
    this.messages = []
    records.clear()
    handset.start(this.state)
    controls.people()
    controls.entrance()
    refresh().catch(() => {})
  },
  come(scene, path) {
    this.keep({ scene, path: path ?? entranceChoices(this, scene)?.[0]?.[0] ?? '' })
    controls.entrance()
  },
  open() {
    records.clear()
    handset.start(this.state)
  },
  toggleShown() {
    const { phone } = handset
    if (!phone) return false
    if (phone.isShown) phone.hide()
    else phone.show()
    $('asleep').hidden = phone.isShown
    return !phone.isShown
  },
  async create(nickname, phone) {
    try {
      const made = await sim('users', { nickname, phone: phone || undefined, follow: false })
      this.people.push(made)
      this.give(made.id)
      return ''
    } catch (error) {
      return error.message
    }
  },
  wipe() {
    if (!this.person || !confirm(T.wipeAsk(this.person.nickname))) return
    handset.wipe(this.person.id)
    this.keep({ scene: '1001', path: '' })
    this.open()
    controls.entrance()
    toast(T.wiped)
  },
  async follow(following) {
    try {
      await sim(`users/${this.person.id}/${following ? 'follow' : 'unfollow'}`, { appid: serviceAccount().appid })
      await refresh()
    } catch (error) {
      toast(error.message)
    }
  },
}

const serviceAccount = () => desk.world.accounts.find((account) => account.kind === 'ServiceAccount')
const handset = new Handset($('device'), {
  began: () => status(T.starting),
  ready() {
    status('')
    desk.life()
    $('asleep').hidden = true
  },
  failed: () => status(T.phoneFailed),
  logged(line) {
    records.take(line)
    soon()
  },
  shared: () => readCards(),
})
const controls = createControls($('controls'), desk)
const tabs = createTabs($('records'), { desk, records, chosen: (tab) => desk.keep({ tab }), drawn: drawTab, follow: (on) => desk.follow(on) })

function status(text) {
  $('status').textContent = text
  $('status').hidden = !text
}

/** The frame has the phone's own size; on a low window it is shown smaller, not cut off. */
function arrange() {
  const [width, height] = desk.state.size === '430' ? [430, 932] : [375, 812]
  const room = $('stage').clientHeight - 24
  const scale = Math.min(1, room / (height + 20))
  $('handset').style.cssText = `--w:${width}px;--h:${height}px;--scale:${scale > 0.98 ? 1 : scale}`
}

function soon() {
  soon.timer ??= setTimeout(() => {
    soon.timer = null
    tabs.redraw()
  }, DRAW_MS)
}
soon.timer = null

function enter(path) {
  if (handset.phone) handset.enter(path, 1043).catch((error) => toast(error.message ?? error.errMsg))
  desk.keep({ scene: '1043', path })
  controls.entrance()
}

/** @returns {[any, () => Node[]]} what a list shows, and how it is built */
function drawTab(tab) {
  if (tab === 'requests') return [[records.version, records.failedOnly], () => records.requestRows()]
  if (tab === 'events') return [[records.version, records.kind], () => records.eventRows()]
  if (tab === 'cards') {
    const open = (card, person, scene) => desk.give(person.id, { scene: String(scene), path: addressOf(card) })
    return [[desk.cards.map(({ id }) => id), desk.people.length], () => cardRows(desk.cards, desk.people, { open })]
  }
  if (tab === 'notices') {
    const subscriptions = desk.person?.subscriptions ?? []
    const templates = desk.world?.accounts.flatMap((account) => account.subscribe_templates ?? []) ?? []
    const content = { payments: desk.payments, refunds: desk.refunds, subscriptions, templates }
    return [content, () => noticeRows(content)]
  }
  const following = desk.world && desk.person?.follows[serviceAccount().appid]?.following
  return [[desk.messages, following], () => serviceRows(desk.messages, following, enter)]
}

function readCards() {
  const cards = sentCards()
  if (JSON.stringify(cards.map(({ id }) => id)) === JSON.stringify(desk.cards.map(({ id }) => id))) return
  desk.cards = cards
  controls.entrance()
  tabs.redraw()
}

async function refresh() {
  desk.world ??= await sim('world')
  const [{ users }, clock] = await Promise.all([sim('users?limit=500'), sim('clock')])
  desk.people = users
  desk.offset = clock.offset_seconds
  if (!desk.person) desk.keep({ person: String(users[0].id) })
  const person = desk.person
  const [{ messages }, { payments }, { refunds }] = await Promise.all([sim(`users/${person.id}/inbox`), sim('payments?limit=500'), sim('refunds?limit=500')])
  if (person.id !== desk.person?.id) return
  const openids = Object.values(person.openids)
  const paths = (list) => JSON.stringify(list.map(({ id }) => id))
  const changed = paths(desk.messages) !== paths(messages)
  desk.messages = messages
  desk.payments = payments.filter((one) => openids.includes(one.openid))
  desk.refunds = refunds.filter((one) => desk.payments.some((paid) => paid.out_trade_no === one.out_trade_no))
  $('console').href = `${desk.world.callback_base}/console/`
  const seen = JSON.stringify([users.map(({ id }) => id), desk.state.person])
  if (seen !== refresh.seen) controls.people()
  refresh.seen = seen
  if (changed) controls.entrance()
  readCards()
  tabs.redraw()
}
refresh.seen = ''

function tick() {
  const now = new Date(Date.now() + desk.offset * 1000 + 8 * 3600 * 1000).toISOString()
  const [days, hours] = [Math.floor(desk.offset / 86400), Math.round((desk.offset % 86400) / 3600)]
  $('time').textContent = now.slice(11, 19)
  $('date').textContent = now.slice(0, 10) + (days || hours ? T.ahead(days, hours) : '')
}

async function advance(button, seconds, label) {
  button.disabled = true
  try {
    const { followers } = await sim('clock/advance', { seconds })
    toast(followers.every(({ ok }) => ok) ? T.advanced(label) : T.notFollowed)
    await refresh()
  } catch (error) {
    toast(error.message)
  } finally {
    button.disabled = false
  }
}

async function poll() {
  if (!document.hidden) {
    try {
      await refresh()
      Object.assign($('health'), { textContent: T.running, className: 'health up' })
    } catch (error) {
      Object.assign($('health'), { textContent: error instanceof TypeError ? T.lost : error.message, className: 'health down' })
    }
  }
  setTimeout(poll, POLL_MS)
}

async function begin() {
  if (matchMedia(NARROW).matches) return location.replace(deviceAddress(desk.state))
  for (const [id, seconds, label] of [['hour', 3600, T.hour], ['day', 86400, T.day]]) {
    $('clock-buttons').append(h('button.small', { id, click: (event) => advance(event.target, seconds, label) }, `+${label}`))
  }
  window.addEventListener('resize', arrange)
  window.addEventListener('storage', ({ key }) => key === CARDS && readCards())
  arrange()
  setInterval(tick, 1000)
  await refresh().catch(() => {})
  controls.people()
  controls.entrance()
  handset.start(desk.state)
  poll()
  return undefined
}

begin()
