/** What the phone did: its requests, its behaviour events, page life and calls of `wx`. */
import { h } from '../shell/dom.js'
import { T } from './texts.js'

const MOST = 500
const BEHAVIOUR = '/visitor/events/'
const TROUBLE = ['error', 'warning']

const moment = (at) => new Date(at).toLocaleTimeString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' })
const size = (bytes) => (bytes === undefined ? '' : bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`)
const pathOf = (url) => url.replace(/^https?:\/\/[^/]+/, '')

/** The behaviour events that a request carried to the server. */
function carried(line) {
  if (line.method !== 'POST' || !pathOf(line.url).endsWith(BEHAVIOUR)) return []
  try {
    return JSON.parse(line.sent).events.map(({ name, at, page, id, session_id, ...more }) => ({
      kind: 'behaviour', at: Date.parse(at), name, note: page, detail: { ...more, ...more.data, data: undefined },
    }))
  } catch {
    return []
  }
}

export class Records {
  constructor() {
    this.requests = []
    this.events = []
    this.failedOnly = false
    this.kind = 'all'
    this.version = 0
  }

  clear() {
    this.requests = []
    this.events = []
    this.version += 1
  }

  take(line) {
    this.version += 1
    if (line.kind === 'request') {
      this.requests = [line, ...this.requests].slice(0, MOST)
      for (const event of carried(line)) this.events.unshift(event)
    } else this.events.unshift(line)
    this.events.length = Math.min(this.events.length, MOST)
  }

  requestRows() {
    const shown = this.failedOnly ? this.requests.filter(isFailed) : this.requests
    if (!shown.length) return [none(this.failedOnly ? T.noFailed : T.noRequests)]
    return shown.map((line) => {
      const body = [['', line.url], [T.sent, line.sent], [T.got, line.got]].filter(([, text]) => text)
      return h('details.record', { 'data-id': `${line.at}${line.url}` },
        h('summary', {},
          h('span.record-main', {}, h('b', {}, line.method), h('code', { title: line.url }, pathOf(line.url))),
          h(`span.tag.${isFailed(line) ? 'bad' : 'good'}`, {}, line.status ? String(line.status) : T.failed),
          h('span.record-note', {}, [moment(line.at), `${line.ms} ms`, size(line.bytes), line.error].filter(Boolean).join(' · '))),
        ...body.map(([label, text]) => h('pre', {}, label ? `${label}\n${pretty(text)}` : text)))
    })
  }

  eventRows() {
    const shown = this.events.filter((line) => this.kind === 'all' || line.kind === this.kind || (this.kind === 'trouble' && TROUBLE.includes(line.kind)))
    if (!shown.length) return [none(T.noEvents)]
    return shown.map((line) => {
      const [name, note] = words(line)
      const more = line.stack ?? (line.detail && Object.values(line.detail).some((value) => value !== undefined) ? JSON.stringify(line.detail, null, 2) : '')
      const head = [
        h(`span.kind.is-${line.kind}`, {}, T.kindOf[line.kind] ?? line.kind),
        h('span.record-main', { title: note }, h('code', {}, name), note ? h('span', {}, note) : null),
        h('span.record-note', {}, moment(line.at)),
      ]
      return more ? h('details.record.is-event', { 'data-id': `${line.at}${name}` }, h('summary', {}, ...head), h('pre', {}, more)) : h('div.record.is-event', {}, h('div.record-head', {}, ...head))
    })
  }
}

const isFailed = (line) => !line.status || line.status >= 400
export const none = (text) => h('p.none', {}, text)

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function words(line) {
  if (line.kind === 'behaviour') return [line.name, line.note ?? '']
  if (line.kind === 'page') return [line.call, line.page]
  if (line.kind === 'wx') return [line.api, line.error ?? [line.to, line.path].filter(Boolean).join(' ')]
  if (line.kind === 'sim') return [`${line.method} ${line.path}`, line.status >= 400 ? String(line.status) : '']
  return [line.message ?? '', '']
}
