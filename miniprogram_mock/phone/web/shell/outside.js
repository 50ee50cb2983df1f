/** WeChat around the mini-program, seen after it was left: the way back in, cards from friends, Moments, the album. */
import { fill, wechat as t } from '../texts.js'
import { h } from './dom.js'
import { CARDS, drawn, sentCards } from './share.js'

/** What is around the mini-program; `draw()` shows it as it is now. */
export function createOutside(shell, phone) {
  const element = h('div.ph-outside', { hidden: true })

  function draw() {
    const mine = sentCards()
    const chats = mine.filter((card) => card.to.kind === 'chat' && card.to.id === phone.person.id)
    const moments = mine.filter((card) => card.to.kind === 'moments')
    element.replaceChildren(
      h('header.ph-outside-bar', {}, h('h1', {}, t.outside.title)),
      h(
        'div.ph-outside-body', {},
        section(t.outside.recent, [h('button.ph-recent', { click: () => phone.show() }, shell.mark(), shell.appName)]),
        section(t.outside.chats, chats.map((card) => entry(card, fill(t.outside.from, { name: card.from.nickname }))), t.outside.noChats),
        section(t.outside.moments, moments.map((card) => entry(card, card.from.nickname, card.words)), t.outside.noMoments),
        section(t.outside.album, phone.album.map(({ url }, index) => picture(url, index)), t.outside.noAlbum),
      ),
    )
  }

  /** A card opens as WeChat opens it: from a chat in the mini-program, from Moments alone. */
  function entry(card, who, words) {
    const open = () => (card.scene === 1154 ? phone.launch : phone.show)({ path: `${card.path}${card.query ? `?${card.query}` : ''}`, scene: card.scene })
    return h('div.ph-entry', {}, h('p', {}, who), words && h('p', {}, words), drawn(shell, card, open))
  }

  // A card that arrives while she looks, from another phone on this machine.
  window.addEventListener('storage', ({ key }) => key === CARDS && !element.hidden && draw())
  return {
    element,
    show() {
      draw()
      element.hidden = false
    },
    hide: () => { element.hidden = true },
  }
}

function section(title, entries, empty) {
  return h('section', {}, h('h2.ph-section', {}, title), ...(entries.length ? entries : [h('p.ph-empty', {}, empty)]))
}

function picture(url, index) {
  const label = fill(t.outside.download, { number: index + 1 })
  return h('a.ph-album-picture', { href: url, download: `IMG_${String(index + 1).padStart(4, '0')}.jpg`, 'aria-label': label }, h('img', { src: url, alt: '' }))
}
