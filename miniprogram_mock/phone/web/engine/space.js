/** WeChat's component engine filled with the mini-program's templates, styles, JSON and logic. */
import * as glassEasel from 'glass-easel'
import { MiniProgramEnv } from 'glass-easel-miniprogram-adapter'
import { PhoneContext, passPropertiesAsTheyAre } from './context.js'
import { createModules } from './modules.js'
import { watchData } from './data.js'
import { collected, compile } from './styles.js'
import { compileTemplate } from './templates.js'

/** Everything of the mini-program that can be made into pages. */
export class Space {
  constructor(phone, program) {
    this.phone = phone
    this.program = program
    this.unit = ''
    this.registered = new Set()
    this.app = null
    passPropertiesAsTheyAre()
    watchData(phone)
    this.env = new MiniProgramEnv()
    this.code = this.env.createCodeSpace('', true)
    this.context = new PhoneContext(phone)
    this.backend = this.env.associateBackend(this.context)
    this.listenForErrors()
    this.compileStyles()
  }

  listenForErrors() {
    glassEasel.addGlobalErrorListener((error, { element } = {}) => {
      this.phone.log('error', { message: `${error.message} (${element?.is ?? this.unit})`, stack: error.stack })
      this.phone.emit('error', error)
    })
    glassEasel.addGlobalWarningListener((message) => this.phone.log('warning', { message: String(message) }))
  }

  compileTemplate(path) {
    const made = compileTemplate(this.program.files, path, ({ message, isError }) => this.phone.log(isError ? 'error' : 'warning', { message }))
    if (made) this.code.addCompiledTemplate(path, made)
  }

  compileStyles() {
    const { files, pages } = this.program
    this.addStyle('app', compile(collected(files, 'app.wxss')))
    for (const file of Object.keys(files).filter((path) => path.endsWith('.wxss') && path !== 'app.wxss')) {
      const path = file.slice(0, -5)
      const isComponent = this.program.unit(path).component === true
      const prefix = path.replace(/[^\w]+/g, '_')
      if (isComponent) this.addStyle(path, compile(collected(files, file), { prefix }), prefix)
      else if (pages.includes(path)) this.addStyle(path, compile(collected(files, file), { page: path }))
    }
  }

  addStyle(path, css, prefix) {
    this.code.addStyleSheet(path, `${path}.wxss`, prefix)
    this.context.registerStyleSheetContent(`${path}.wxss`, css)
  }

  /** Give the mini-program its globals and run app.js. */
  start(wx, router) {
    const withUnit = (kind) => (definition) => this.code.componentEnv(this.unit, (env) => env[kind](definition))
    const defined = (kind) => (definition) => {
      this.registered.add(this.unit)
      return withUnit(kind)(definition)
    }
    this.load = createModules(this.program.files, {
      wx,
      ...this.phone.background.timers,
      App: (definition) => { this.app = definition },
      getApp: () => this.app,
      getCurrentPages: () => router.stack.map((page) => page.instance),
      Page: defined('Page'),
      Component: defined('Component'),
      Behavior: withUnit('Behavior'),
      globalThis: {},
      global: {},
      __wxConfig: { envVersion: this.phone.settings.envVersion },
    })
    this.load('app')
  }

  /** Compile a page or component and run its file, once, and before it those of the components that it uses. */
  ensure(path) {
    if (this.registered.has(path)) return
    const outer = this.unit
    const components = this.program.componentsOf(path)
    this.registered.add(path)
    for (const component of Object.values(components)) this.ensure(component)
    this.compileTemplate(path)
    const json = this.program.unit(path)
    const using = Object.fromEntries(Object.entries(components).map(([tag, target]) => [tag, `/${target}`]))
    this.code.addComponentStaticConfig(path, { ...json, usingComponents: using })
    this.unit = path
    try {
      this.load(path)
    } finally {
      this.unit = outer
    }
  }

  /** A page's root, not yet on the screen. */
  root(path) {
    this.ensure(path)
    return this.backend.createRoot('wx-page', this.code, path)
  }
}
