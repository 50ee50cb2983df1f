/** The right side of the desk: one list at a time, redrawn only when its content changed. */
import { sentCards, CARDS } from '../shell/share.js'
import { h } from '../shell/dom.js'
import { T } from './texts.js'

/** Lists that read like a chat: they open at their newest end and follow it. */
const CHATS = ['service', 'notices']

/**
 * @param {HTMLElement} box
 * @param {{ desk: any, records: any, chosen: (tab: string) => void, drawn: (tab: string) => [any, () => Node[]], follow: (on: boolean) => void }} use
 */
export function createTabs(box, { desk, records, chosen, drawn, follow }) {
  const list = h('div.list', { tabindex: 0, role: 'tabpanel' })
  const head = h('div.list-head')
  const buttons = Object.fromEntries(Object.entries(T.tabs).map(([tab, text]) => [tab, h('button', { role: 'tab', click: () => choose(tab) }, text, h('em', {}))]))
  box.append(h('div.tabs', { role: 'tablist' }, ...Object.values(buttons)), head, list)
  let shown = ''

  function choose(tab) {
    chosen(tab)
    shown = ''
    redraw()
  }

  function counts() {
    const count = { service: desk.messages.length, notices: desk.payments.filter((one) => one.paid_at).length + desk.refunds.length, cards: desk.cards.length, requests: 0, events: 0 }
    const failed = records.requests.filter((line) => !line.status || line.status >= 500).length
    const trouble = records.events.filter((line) => line.kind === 'error').length
    for (const [tab, button] of Object.entries(buttons)) {
      button.setAttribute('aria-selected', String(tab === desk.state.tab))
      const bad = tab === 'requests' ? failed : tab === 'events' ? trouble : 0
      button.lastChild.textContent = bad || count[tab] || ''
      button.lastChild.className = bad ? 'bad' : ''
    }
  }

  function drawHead() {
    head.replaceChildren(...heads(desk, records, { follow, redraw: () => choose(desk.state.tab) }))
    head.hidden = !head.childNodes.length
  }

  function redraw() {
    const { tab } = desk.state
    counts()
    const [content, build] = drawn(tab in T.tabs ? tab : 'service')
    const key = `${tab} ${desk.state.person} ${JSON.stringify(content)}`
    if (key === shown) return
    const fresh = !shown
    shown = key
    drawHead()
    const atEnd = fresh || list.scrollHeight - list.scrollTop - list.clientHeight < 60
    const top = list.scrollTop
    const open = new Set([...list.querySelectorAll('details[open]')].map((one) => one.dataset.id))
    list.replaceChildren(...build())
    for (const one of list.querySelectorAll('details')) one.open = open.has(one.dataset.id)
    list.classList.toggle('is-chat', CHATS.includes(tab))
    list.scrollTop = CHATS.includes(tab) ? (atEnd ? list.scrollHeight : top) : fresh ? 0 : top
  }

  return { redraw }
}

/** What stands above a list: its filters and what can be done with all of it. */
function heads(desk, records, { follow, redraw }) {
  const chip = (text, on, press) => h('button.chip', { 'aria-pressed': String(on), click: press }, text)
  const clear = (press) => h('button.quiet', { click: press }, T.clear)
  const { tab } = desk.state
  if (tab === 'requests') {
    const only = (failed) => () => {
      records.failedOnly = failed
      redraw()
    }
    return [chip(T.allRequests, !records.failedOnly, only(false)), chip(T.onlyFailed, records.failedOnly, only(true)), clear(() => {
      records.requests = []
      redraw()
    })]
  }
  if (tab === 'events') {
    return [...Object.entries(T.kinds).map(([kind, text]) => chip(text, records.kind === kind, () => {
      records.kind = kind
      redraw()
    })), clear(() => {
      records.events = []
      redraw()
    })]
  }
  if (tab === 'cards' && sentCards().length) {
    return [h('button.quiet', { click: () => {
      localStorage.removeItem(CARDS)
      desk.cards = []
      redraw()
    } }, T.forget)]
  }
  const account = tab === 'service' ? desk.world?.accounts.find((one) => one.kind === 'ServiceAccount') : null
  if (!account || !desk.person) return []
  const { following } = desk.person.follows[account.appid]
  return [h('b', {}, account.name), h('span.soft', {}, following ? T.following : T.unfollowed), h('button.quiet', { click: () => follow(!following) }, following ? T.unfollow : T.follow)]
}
