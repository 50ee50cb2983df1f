/** The left side of the desk: who holds the phone, where, how she comes in, over which network. */
import { PlacePicker } from '../map/picker.js'
import { h } from '../shell/dom.js'
import { addressOf, codeAddress } from './inbox.js'
import { placeOf, placeText } from './state.js'
import { T } from './texts.js'

const FIRST_PEOPLE = 3
const CARD_SCENES = ['1007', '1154', '1047']

/** A row of choices of which one is pressed. */
function segments(label, choices, chosen, choose) {
  const buttons = Object.entries(choices).map(([value, text]) => h('button', { 'aria-pressed': String(value === chosen), click: () => press(value) }, text))
  function press(value) {
    Object.keys(choices).forEach((one, at) => buttons[at].setAttribute('aria-pressed', String(one === value)))
    choose(value)
  }
  return h('div.field', {}, h('span.label', {}, label), h('div.segments', { role: 'group', 'aria-label': label }, ...buttons))
}

function select(label, choices, chosen, choose) {
  const field = h('select', { 'aria-label': label, change: (event) => choose(event.target.value) }, ...choices.map(([value, text]) => new Option(text, value, false, value === chosen)))
  return h('label.field', {}, h('span.label', {}, label), field)
}

const group = (title, ...children) => h('section.group', { 'aria-label': title }, h('h2', {}, title), ...children)

/** @param {any} desk the desk: `state`, `people`, `cards`, `messages`, and what can be done */
export function createControls(box, desk) {
  const people = h('div.people')
  const picker = h('div.picker')
  const hint = h('p.hint', { role: 'status' })
  const entrance = h('div.entrance')
  const tell = (mode) => (hint.textContent = mode === 'refused' ? T.refusedHint : mode === 'fails' ? T.failsHint : '')
  box.append(
    group(T.groups.who, people, newPerson(desk)),
    group(T.groups.where, picker, segments(T.permission, T.permissions, desk.state.location, (mode) => {
      desk.set('location', mode)
      tell(mode)
    }), hint),
    group(T.groups.how, entrance),
    group(T.groups.world, segments(T.network, T.networks, desk.state.network, (value) => desk.set('network', value)),
      select(T.pay, Object.entries(T.pays), desk.state.pay, (value) => desk.set('pay', value))),
    device(desk),
  )
  tell(desk.state.location)
  const here = h('p.here', {}, placeOf(desk.state.place).name)
  const map = new PlacePicker(picker, {
    chosen(place) {
      here.textContent = place.name
      desk.set('place', placeText(place))
    },
  })
  picker.append(here)
  map.show(placeOf(desk.state.place))
  return {
    people: () => people.replaceChildren(...peopleRows(desk)),
    entrance: () => entrance.replaceChildren(...entranceRows(desk)),
  }
}

function peopleRows(desk) {
  const first = desk.people.slice(0, FIRST_PEOPLE)
  const others = desk.people.slice(FIRST_PEOPLE).reverse()
  const row = (one, role) => h('button.person', { 'aria-pressed': String(one.id === desk.person?.id), click: () => desk.give(one.id) },
    h('i', { 'aria-hidden': 'true' }, one.nickname.slice(0, 1)), h('b', {}, one.nickname), h('span', {}, role === one.nickname ? '' : role))
  const current = others.find((one) => one.id === desk.person?.id)
  return [
    ...first.map((one, at) => row(one, T.role(at))),
    current ? row(current, current.phone ?? '') : null,
    others.length ? select(T.more, [['', '—'], ...others.map((one) => [String(one.id), `${one.nickname} · ${one.id}`])], '', (id) => id && desk.give(Number(id))) : null,
  ].filter(Boolean)
}

function newPerson(desk) {
  const nickname = h('input', { placeholder: T.nickname, 'aria-label': T.nickname, maxlength: 20 })
  const phone = h('input', { placeholder: T.phone, 'aria-label': T.phone, inputmode: 'numeric', maxlength: 11 })
  const problem = h('p.problem', { role: 'alert' })
  const form = h('form', {
    async submit(event) {
      event.preventDefault()
      const [name, number] = [nickname.value.trim(), phone.value.trim()]
      problem.textContent = !name ? T.noNickname : number && !/^1\d{10}$/.test(number) ? T.badPhone : ''
      if (problem.textContent) return
      problem.textContent = await desk.create(name, number)
      if (problem.textContent) return
      form.reset()
      box.open = false
    },
  }, nickname, phone, problem, h('button.small', { type: 'submit' }, T.create))
  form.querySelector('button').type = 'submit'
  const box = h('details.new-person', {}, h('summary', {}, T.newPerson), form)
  return box
}

/** How she comes in: the way, and what it needs (a card, a message). */
function entranceRows(desk) {
  const { scene } = desk.state
  const rows = [select(T.way, Object.entries(T.scenes), scene in T.scenes ? scene : '1001', (value) => desk.come(value))]
  const choices = entranceChoices(desk, scene)
  if (choices?.length) rows.push(select(scene === '1043' ? T.message : T.card, choices, desk.state.path, (path) => desk.come(scene, path)))
  else if (choices) rows.push(h('p.hint', {}, scene === '1043' ? T.noMessages : desk.cards.length ? T.noShareId : T.noCards))
  rows.push(h('button.primary', { disabled: Boolean(choices && !choices.length), click: () => desk.open() }, T.open))
  return rows
}

/** What a way in can lead to, as `[path, words]`; null when it needs nothing. */
export function entranceChoices({ cards, messages }, scene) {
  if (scene === '1043') return messages.filter((one) => one.miniprogram).map((one) => [one.miniprogram.pagepath, `${one.title} ${one.sent_at.slice(11, 16)}`])
  if (!CARD_SCENES.includes(scene)) return null
  const address = scene === '1047' ? codeAddress : addressOf
  const found = cards.map((card) => [address(card), `${card.from.nickname}：${card.title}`]).filter(([path]) => path)
  return [...new Map(found.reverse()).entries()].reverse()
}

function device(desk) {
  const life = h('button.small', {
    click() {
      const hidden = desk.toggleShown()
      life.textContent = hidden ? T.show : T.hide
    },
  }, T.hide)
  desk.life = () => (life.textContent = T.hide)
  return group(T.groups.device,
    segments(T.size, T.sizes, desk.state.size, (value) => desk.set('size', value)),
    segments(T.theme, T.themes, desk.state.theme, (value) => desk.set('theme', value)),
    h('div.row', {}, life, h('button.small', { click: () => desk.wipe() }, T.wipe)))
}
