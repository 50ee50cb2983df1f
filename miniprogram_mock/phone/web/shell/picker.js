/** `<picker>`: wheels from below, one for each column; the columns may change while she turns them. */
import { wechat as t } from '../texts.js'
import { h } from './dom.js'
import { button } from './layers.js'

const ROW = 44

/**
 * @param {{mode: string, range: any, rangeKey: string, value: any, start: string, end: string, fields: string, headerText: string, columnChanged: (column: number, index: number) => void}} wanted
 * @returns {Promise<any>} the value as the mode has it; null when she cancels
 */
export function picker(shell, wanted) {
  const model = MODES[wanted.mode] ?? MODES.selector
  const state = model.begin(wanted)
  return shell.layers.show('sheet', wanted.headerText || t.picker.label, (close) => {
    const wheels = h('div.ph-wheels')
    const drawn = []
    // What one wheel says may change what the others hold; a wheel whose rows stay the same is left to its turning.
    const draw = () => model.columns(state, wanted).forEach((texts, column) => {
      state[column] = Math.min(state[column], Math.max(0, texts.length - 1))
      if (drawn[column]?.join() === texts.join()) return
      drawn[column] = texts
      const made = wheel(texts, state[column], (index) => {
        state[column] = index
        wanted.columnChanged?.(column, index)
        draw()
      })
      if (wheels.children[column]) wheels.children[column].replaceWith(made)
      else wheels.append(made)
    })
    draw()
    return [
      h('header.ph-picker-bar', {}, button('text', t.cancel, () => close(null)), h('h2', {}, wanted.headerText), button('text', t.confirm, () => close(model.answer(state, wanted)), { style: 'color:var(--ph-green)' })),
      wheels,
    ]
  }, { dismiss: null, className: 'ph-picker' })
}

/** One wheel: rows that snap to the middle; a tap on a row turns the wheel to it. */
function wheel(texts, chosen, change) {
  const list = h('div.ph-wheel', { role: 'listbox', tabindex: 0 })
  let current = chosen
  const rows = texts.map((text, index) => h('button.ph-wheel-row', { role: 'option', 'aria-selected': String(index === chosen), tabindex: -1, click: () => choose(index) }, text))
  const select = (index) => {
    if (index === current || !rows[index]) return
    rows[current]?.setAttribute('aria-selected', 'false')
    rows[index].setAttribute('aria-selected', 'true')
    current = index
    change(index)
  }
  const choose = (index) => {
    list.scrollTo({ top: index * ROW, behavior: 'smooth' })
    select(index)
  }
  let settle = 0
  list.addEventListener('scroll', () => {
    clearTimeout(settle)
    settle = setTimeout(() => list.isConnected && select(Math.round(list.scrollTop / ROW)), 80)
  }, { passive: true })
  list.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) choose(Math.min(rows.length - 1, Math.max(0, current + step)))
  })
  list.append(...rows)
  requestAnimationFrame(() => list.scrollTo({ top: chosen * ROW, behavior: 'instant' }))
  return list
}

const labels = (range, key) => (range ?? []).map((one) => String(key ? one?.[key] : one))
const two = (number) => String(number).padStart(2, '0')
const days = (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate()
const count = (from, to, text) => Array.from({ length: to - from + 1 }, (_, index) => text(from + index))

const MODES = {
  selector: {
    begin: ({ value }) => [Number(value) || 0],
    columns: (_, { range, rangeKey }) => [labels(range, rangeKey)],
    // WeChat tells the index of a single wheel as text.
    answer: ([index]) => String(index),
  },
  multiSelector: {
    begin: ({ value, range }) => (range ?? []).map((_, column) => Number(value?.[column]) || 0),
    columns: (_, { range, rangeKey }) => (range ?? []).map((column) => labels(column, rangeKey)),
    answer: (state) => [...state],
  },
  time: {
    begin: ({ value }) => (/^\d+:\d+$/.test(value) ? value.split(':').map(Number) : [0, 0]),
    columns: () => [count(0, 23, (hour) => `${two(hour)}${t.picker.hour}`), count(0, 59, (minute) => `${two(minute)}${t.picker.minute}`)],
    answer: ([hour, minute]) => `${two(hour)}:${two(minute)}`,
  },
  date: {
    begin(wanted) {
      const { first, last } = bounds(wanted)
      const said = /^\d{4}(-\d{2}){0,2}$/.test(wanted.value) ? wanted.value : new Date().toISOString().slice(0, 10)
      const [year, month = 1, day = 1] = said.split('-').map(Number)
      const within = Math.min(last, Math.max(first, year))
      return [within - first, month - 1, day - 1].slice(0, width(wanted))
    },
    columns(state, wanted) {
      const { first, last } = bounds(wanted)
      const month = (state[1] ?? 0) + 1
      return [
        count(first, last, (year) => `${year}${t.picker.year}`),
        count(1, 12, (one) => `${one}${t.picker.month}`),
        count(1, days(first + state[0], month), (day) => `${day}${t.picker.day}`),
      ].slice(0, width(wanted))
    },
    answer(state, wanted) {
      const { first } = bounds(wanted)
      const chosen = [String(first + state[0]), ...state.slice(1).map((index) => two(index + 1))].join('-')
      const { start, end } = wanted
      if (start && chosen < start.slice(0, chosen.length)) return start.slice(0, chosen.length)
      return end && chosen > end.slice(0, chosen.length) ? end.slice(0, chosen.length) : chosen
    },
  },
}

const width = ({ fields }) => ({ year: 1, month: 2 })[fields] ?? 3

function bounds({ start, end }) {
  const now = new Date().getFullYear()
  return { first: Number(start?.slice(0, 4)) || now - 50, last: Number(end?.slice(0, 4)) || now + 50 }
}
