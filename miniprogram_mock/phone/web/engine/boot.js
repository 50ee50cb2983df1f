/** Starts a phone in this document: who holds it, the mini-program's files, the shell, `wx`, and the launch. */
import { createShell } from '../shell/index.js'
import { createWx } from '../wx/index.js'
import { defineMap } from '../map/index.js'
import { createBackground } from './background.js'
import { defineElements } from './elements/index.js'
import { createOpenTypes } from './opentypes.js'
import { createPhone } from './phone.js'
import { createPictures } from './pictures.js'
import { fetchProgram } from './program.js'
import { createRouter, queryOf } from './router.js'
import { Space } from './space.js'
import { loadCompiler } from './templates.js'

const SINGLE_PAGE = 1154
const FIRST_SCENE = 1001

async function simulated(path, body) {
  const answer = await fetch(`/sim${path}`, body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {})
  if (!answer.ok) throw new Error(`simulator ${path}: ${answer.status}`)
  return answer.json()
}

/** The person whom the address names: by `person=id`, or by `nickname=` a new one with `phone=`, or the first there is. */
async function holder(query) {
  if (query.has('person')) return simulated(`/users/${query.get('person')}`)
  if (query.has('nickname')) return simulated('/users', { nickname: query.get('nickname'), phone: query.get('phone') || undefined, follow: query.get('follow') === '1' })
  return (await simulated('/users')).users[0]
}

async function boot() {
  const query = new URLSearchParams(location.search)
  const [program, person, world] = await Promise.all([fetchProgram(), holder(query), simulated('/world'), loadCompiler()])
  const appid = world.accounts.find((account) => account.kind === 'MiniProgram').appid
  const phone = createPhone(person, query, appid)
  phone.program = program
  phone.accounts = world.accounts
  phone.merchants = world.merchants
  phone.openType = createOpenTypes(phone)
  // A picture's address: the network's, or a file of the mini-program beside the page that shows it.
  phone.picture = (src) => (/^(https?:|data:|blob:|\/net\/)/.test(src) ? phone.net.url(src) : `/miniprogram/raw/${src.replace(/^(\.\.?\/)+|^\//, '')}`)
  phone.pictures = createPictures(phone)
  phone.background = createBackground(phone)
  phone.router = createRouter(phone, program)
  defineElements(phone)
  defineMap(phone)
  phone.shell = createShell(phone, document.getElementById('phone'))
  phone.wx = createWx(phone)
  phone.space = new Space(phone, program)
  const measure = () => document.documentElement.style.setProperty('--page-height', `${phone.shell.pages.clientHeight}px`)
  new ResizeObserver(measure).observe(phone.shell.pages)
  installLife(phone)
  window.phone = phone
  const scene = Number(query.get('scene')) || FIRST_SCENE
  await phone.launch({ path: query.get('path') ?? '', scene })
  phone.readyAfter = Math.round(performance.now())
  document.documentElement.dataset.ready = 'true'
}

/** Launch, hide, show; errors of the mini-program reach its App as in WeChat. */
function installLife(phone) {
  const { program, space } = phone
  const callApp = (name, ...given) => {
    phone.log('page', { page: 'App', call: name })
    try {
      return space.app?.[name]?.(...given)
    } catch (error) {
      phone.log('error', { message: `App ${name}: ${error.message}`, stack: error.stack })
      return undefined
    }
  }
  const entry = ({ path, query, scene, referrerInfo = {} }) => {
    const [route, search = ''] = String(path || program.config.entryPagePath || program.pages[0]).replace(/^\//, '').split('?')
    return { path: route, query: query ?? queryOf(search), scene: Number(scene) || FIRST_SCENE, referrerInfo, shareTicket: undefined, apiCategory: Number(scene) === SINGLE_PAGE ? 'browseOnly' : 'default' }
  }
  /** A cold start: the mini-program's memory is new, what it stored is there. Once it runs, that takes a new document. */
  phone.launch = async (wanted) => {
    if (phone.entry) return startAnew(entry(wanted))
    phone.entry = phone.firstEntry = entry(wanted)
    phone.isSinglePage = phone.entry.scene === SINGLE_PAGE
    phone.isShown = true
    phone.emit('launch', phone.entry)
    space.start(phone.wx, phone.router)
    callApp('onLaunch', phone.entry)
    callApp('onShow', phone.entry)
    phone.emit('app:show', phone.entry)
    await phone.router.start(phone.entry.path, phone.entry.query)
  }
  phone.hide = () => {
    if (!phone.isShown) return
    phone.isShown = false
    phone.router.current?.hide({ keepsFrame: true })
    callApp('onHide')
    phone.emit('app:hide', {})
  }
  /** Back from the background; with a path it opens there, as from a message or a shared card. */
  phone.show = async (wanted) => {
    if (phone.isShown && wanted === undefined) return
    phone.isShown = true
    phone.background.wake()
    phone.entry = wanted ? entry(wanted) : { ...phone.entry, scene: 1089 }
    callApp('onShow', phone.entry)
    phone.emit('app:show', phone.entry)
    if (wanted) await phone.router.start(phone.entry.path, phone.entry.query)
    else {
      phone.router.current?.show()
      phone.emit('page:shown', phone.router.current)
    }
  }
  phone.on('error', (error) => callApp('onError', error?.stack ?? String(error)))
  phone.on('page:notfound', (target) => callApp('onPageNotFound', target))
  phone.on('settings', ({ name, value }) => name === 'theme' && callApp('onThemeChange', { theme: value }))
  window.addEventListener('unhandledrejection', (event) => {
    phone.log('error', { message: `unhandled rejection: ${event.reason?.message ?? event.reason?.errMsg ?? event.reason}`, stack: event.reason?.stack })
    callApp('onUnhandledRejection', { reason: event.reason, promise: event.promise })
  })
  document.addEventListener('visibilitychange', () => (document.hidden ? phone.hide() : phone.show()))
}

function startAnew({ path, query, scene }) {
  const search = new URLSearchParams(location.search)
  const words = Object.entries(query).map(([name, value]) => `${name}=${value}`).join('&')
  search.set('path', words ? `${path}?${words}` : path)
  search.set('scene', String(scene))
  location.search = search.toString()
}

boot().catch((error) => {
  document.documentElement.dataset.failed = 'true'
  document.body.textContent = `${error.message}`
  throw error
})
