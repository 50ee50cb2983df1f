/** What WeChat shows this person outside the mini-program: service-account messages, notices, cards that wait to be opened. */
import { h } from '../shell/dom.js'
import { none } from './records.js'
import { T } from './texts.js'

const yuan = (fen) => `¥${(fen / 100).toLocaleString('zh-CN', { minimumFractionDigits: 2 })}`
const moment = (iso) => (iso ? `${iso.slice(5, 10).replace('-', '月')}日 ${iso.slice(11, 16)}` : '')
const REFUND = { SUCCESS: T.refunded, PROCESSING: T.refunding, ABNORMAL: T.refundFailed, CLOSED: T.refundFailed }

/** @param {any} one when, by whom, the words, and what a press on the last line does */
function message({ at, source, title, big, fields, more, press, hint }) {
  return [
    h('div.at', {}, moment(at)),
    h('article.message', {},
      h('div.message-body', {},
        source ? h('div.source', {}, source) : null,
        h('h3', {}, title),
        big ? h('p.big', {}, big) : null,
        h('dl', {}, ...fields.flatMap(([label, value]) => [h('dt', {}, label), h('dd', {}, value)]))),
      more ? h('button.message-more', { click: press, title: hint }, more) : null),
  ]
}

/** @param {(path: string) => void} enter open the mini-program from a message */
export function serviceRows(messages, following, enter) {
  if (!messages.length) return [none(following ? T.noService : T.noFollow)]
  return [...messages].reverse().flatMap((one) => message({
    at: one.sent_at,
    title: one.title,
    fields: one.fields.map(({ label, value }) => [label, value]),
    more: one.miniprogram ? T.enter : one.url ? T.details : '',
    hint: one.miniprogram?.pagepath ?? one.url,
    press: () => (one.miniprogram ? enter(one.miniprogram.pagepath) : window.open(one.url, '_blank', 'noreferrer')),
  }))
}

/** Receipts of WeChat Pay as a chat, oldest first; above them what she has subscribed to. */
export function noticeRows({ payments, refunds, subscriptions, templates }) {
  const receipts = payments.filter((one) => one.paid_at).map((one) => ({
    at: one.paid_at, source: T.wechatPay, title: T.paid, big: yuan(one.total), fields: [[T.goods, one.description], [T.merchantNo, one.out_trade_no]],
  }))
  const returned = refunds.map((one) => ({
    at: one.settled_at ?? one.created_at, source: T.wechatPay, title: REFUND[one.state] ?? one.state, big: yuan(one.amount),
    fields: [[T.reason, one.reason], [T.merchantNo, one.out_refund_no]],
  }))
  const chat = [...receipts, ...returned].sort((one, other) => one.at.localeCompare(other.at)).flatMap(message)
  const given = subscriptions.length ? h('section.subscriptions', {}, h('h3', {}, T.subscriptions),
    h('dl', {}, ...subscriptions.flatMap(({ template_id, answer, credits }) => [
      h('dt', {}, templates.find((one) => one.template_id === template_id)?.title ?? template_id),
      h('dd', {}, credits ? T.times(credits) : T.answers[answer] ?? answer),
    ]))) : null
  return [given, ...(chat.length ? chat : [none(T.noNotices)])].filter(Boolean)
}

/** @param {{ open: (card: any, person: any, scene: number) => void }} use opens a card as a person */
export function cardRows(cards, people, use) {
  if (!cards.length) return [none(T.noSharedCards)]
  return cards.map((card) => {
    const inMoments = card.to?.kind === 'moments'
    const sender = people.find(({ id }) => id === card.from.id) ?? card.from
    const readers = people.filter(({ id }) => id !== card.from.id)
    const receiver = readers.find(({ id }) => id === card.to?.id)
    const stranger = readers.find((one) => !one.phone && one !== receiver) ?? readers.find((one) => one !== receiver)
    const choices = [...new Set([receiver, stranger].filter(Boolean))]
    return h('article.shared', {},
      card.imageUrl ? h('img', { src: card.imageUrl, alt: '', loading: 'lazy' }) : h('div.shared-blank', { 'aria-hidden': 'true' }),
      h('div.shared-text', {},
        h('div.at-left', {}, `${T.sharedTo(sender.nickname, inMoments ? T.moments : card.to?.nickname ?? '')} · ${new Date(card.at).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Shanghai' })}`),
        h('h3', { title: addressOf(card) }, card.title),
        h('div.shared-actions', {},
          ...choices.map((one) => h('button.small', { click: () => use.open(card, one, 1007) }, T.openAs(one.nickname))),
          inMoments && choices.length ? h('button.small', { click: () => use.open(card, choices[0], 1154) }, T.openMoments) : null)))
  })
}

export const addressOf = (card) => (card.query ? `${card.path}?${card.query}` : card.path)

/** The share's own id, which a mini-program code carries as its scene. */
export function codeAddress(card) {
  const id = new URLSearchParams(card.query ?? '').get('share_id')
  return id ? `${card.path}?scene=${encodeURIComponent(id)}` : ''
}
