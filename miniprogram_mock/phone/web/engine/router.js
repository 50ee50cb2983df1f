/** The stack of pages, as WeChat keeps it: ten at most, tabs alive for ever, errors in WeChat's words. */
import { resolve } from './program.js'
import { Page } from './page.js'

const MOST_PAGES = 10

export function createRouter(phone, program) {
  const tabs = new Map()
  const router = {
    stack: [],
    get current() {
      return router.stack.at(-1)
    },
    isTab: (route) => program.tabs.includes(route),
    /** Begin with one page, as a launch does. An unknown page is told to the app, as WeChat does. */
    start(path, query) {
      const known = program.pages.includes(path)
      if (!known) phone.emit('page:notfound', { path, query, isEntryPage: true })
      return router.reLaunch(known ? withQuery(path, query) : `/${program.pages[0]}`, { api: 'launch' })
    },
    async navigateTo(url, { events } = {}) {
      const target = read(url, 'navigateTo')
      if (router.isTab(target.route)) throw refusal('navigateTo', 'can not navigateTo a tabbar page')
      if (router.stack.length >= MOST_PAGES) throw refusal('navigateTo', 'webview count limit exceed')
      const opener = router.current
      opener?.hide()
      const channel = connect(events)
      shown(push(target, channel))
      return { errMsg: 'navigateTo:ok', eventChannel: channel.outer }
    },
    async redirectTo(url) {
      const target = read(url, 'redirectTo')
      if (router.isTab(target.route)) throw refusal('redirectTo', 'can not redirectTo a tabbar page')
      pop()
      shown(push(target))
      return { errMsg: 'redirectTo:ok' }
    },
    async switchTab(url) {
      const target = read(url, 'switchTab')
      if (!router.isTab(target.route)) throw refusal('switchTab', 'can not switch to no-tabBar page')
      if (router.stack.length === 1 && router.current.route === target.route) return { errMsg: 'switchTab:ok' }
      if (router.stack.length === 1 && router.isTab(router.current.route)) router.stack.pop().hide()
      else while (router.stack.length) leave(router.stack.pop())
      // A tab page that was made before comes back as it was, and gets no query.
      const page = tabs.get(target.route)
      if (page) router.stack.push(page)
      else push({ route: target.route, query: {} })
      shown(router.current)
      router.current.call('onTabItemTap', { index: program.tabs.indexOf(target.route), pagePath: target.route, text: '' })
      return { errMsg: 'switchTab:ok' }
    },
    async reLaunch(url, { api = 'reLaunch' } = {}) {
      const target = read(url, api)
      while (router.stack.length) drop(router.stack.pop())
      for (const page of tabs.values()) page.unload()
      tabs.clear()
      shown(push(target))
      return { errMsg: `${api}:ok` }
    },
    async navigateBack(delta = 1) {
      if (router.stack.length <= 1) throw refusal('navigateBack', 'cannot navigate back at first page')
      for (let left = Math.min(delta, router.stack.length - 1); left; left -= 1) pop()
      shown(router.current)
      return { errMsg: 'navigateBack:ok' }
    },
  }

  function read(url, api) {
    const [path, search = ''] = String(url).split('?')
    const route = resolve(path.startsWith('/') || !router.current ? '' : router.current.route, path).replace(/\.html$/, '')
    if (!program.pages.includes(route)) throw refusal(api, `page "${route}${search ? `?${search}` : ''}" is not found`)
    return { route, query: queryOf(search) }
  }

  function make({ route, query }) {
    const page = new Page({ phone, space: phone.space, route, query, layer: phone.shell.pages })
    if (router.isTab(route)) tabs.set(route, page)
    return page
  }

  /** A new page on top; its onLoad already finds it among the current pages. */
  function push(target, channel = connect()) {
    const page = make(target)
    page.instance.getOpenerEventChannel = () => channel.inner
    router.stack.push(page)
    page.call('onLoad', page.options)
    return page
  }

  /** A tab's page hides when its tab is left; any other ends. */
  function leave(page) {
    if (tabs.get(page.route) === page) page.hide()
    else drop(page)
  }

  function drop(page) {
    if (tabs.get(page.route) === page) tabs.delete(page.route)
    page.unload()
  }

  const pop = () => drop(router.stack.pop())

  function shown(page) {
    page.show()
    phone.emit('page:shown', page)
  }

  return router
}

/** A query string's values as WeChat gives them to a page: as they stand in the address. */
export function queryOf(search) {
  return Object.fromEntries(search.split('&').filter(Boolean).map((pair) => {
    const [name, ...value] = pair.split('=')
    return [name, value.join('=')]
  }))
}

const withQuery = (path, query) => `/${path}${Object.keys(query ?? {}).length ? `?${Object.entries(query).map(([name, value]) => `${name}=${value}`).join('&')}` : ''}`

function refusal(api, reason) {
  return { errMsg: `${api}:fail ${reason}` }
}

/** Two ends of the channel between a page and the one that opened it. */
function connect(events = {}) {
  const heard = { inner: new Map(), outer: new Map(Object.entries(events).map(([name, listener]) => [name, [listener]])) }
  const end = (mine, theirs) => ({
    on: (name, listener) => heard[mine].set(name, [...(heard[mine].get(name) ?? []), listener]),
    off: (name) => heard[mine].delete(name),
    emit: (name, ...given) => (heard[theirs].get(name) ?? []).forEach((listener) => listener(...given)),
  })
  return { inner: end('inner', 'outer'), outer: end('outer', 'inner') }
}
