/** CommonJS as a mini-program has it: files run once, when they are required, and see neither window nor document. */
import { resolve } from './program.js'

/** Names of the browser that a mini-program's logic does not have. */
const HIDDEN = ['window', 'document', 'self', 'parent', 'top', 'localStorage', 'sessionStorage', 'indexedDB', 'fetch', 'XMLHttpRequest',
  'WebSocket', 'navigator', 'location', 'history', 'alert', 'confirm', 'prompt', 'postMessage', 'frames']

/**
 * @param {Record<string, string>} files
 * @param {Record<string, any>} globals what every file sees: wx, App, Page, …
 * @returns {(path: string) => any} run a file (with or without `.js`) and give its exports
 */
export function createModules(files, globals) {
  const loaded = new Map()
  const names = Object.keys(globals)
  const values = Object.values(globals)

  function load(path) {
    const file = path.endsWith('.js') ? path : `${path}.js`
    if (loaded.has(file)) return loaded.get(file).exports
    if (!(file in files)) throw new Error(`module '${file}' is not defined`)
    const module = { exports: {} }
    loaded.set(file, module)
    const require = (target) => load(resolve(file, target))
    const source = `"use strict";${files[file]}\n//# sourceURL=miniprogram/${file}`
    const run = new Function('module', 'exports', 'require', ...names, ...HIDDEN, source)
    try {
      run.call(undefined, module, module.exports, require, ...values)
    } catch (error) {
      loaded.delete(file)
      throw error
    }
    return module.exports
  }
  return load
}
