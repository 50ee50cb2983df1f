/** WeChat's template compiler: WXML and WXS to what its component engine runs. */
import * as compiler from 'glass-easel-template-compiler/pkg/glass_easel_template_compiler_bg.js'
import { renamed } from './program.js'

const BINARY = '/modules/glass-easel-template-compiler/pkg/glass_easel_template_compiler_bg.wasm'
const FOR_SCRIPTS = 'var getRegExp=function(a,b){return new RegExp(a,b)};var getDate=function(a){return a===undefined?new Date():new Date(a)};'

/** Make the compiler ready. The browser translates the binary while it arrives, which the package's own way (text in a script) prevents. */
export async function loadCompiler() {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(BINARY), { './glass_easel_template_compiler_bg.js': compiler })
  compiler.__wbg_set_wasm(instance.exports)
}

/**
 * @param {Record<string, string>} files the mini-program's
 * @param {(finding: {message: string, isError: boolean}) => void} tell what the compiler finds fault with
 * @returns {Record<string, any>} path of the template → its group, as the engine wants it
 */
export function compileTemplates(files, tell) {
  const group = new compiler.TmplGroup()
  group.setExtraRuntimeScript(FOR_SCRIPTS)
  for (const [path, text] of Object.entries(files)) {
    if (path.endsWith('.wxs')) group.addScript(path.slice(0, -4), text)
    if (!path.endsWith('.wxml')) continue
    for (const { message, startLine, level } of group.addTmpl(path.slice(0, -5), renamed(text))) {
      tell({ message: `${path}:${startLine + 1}: ${message}`, isError: level !== 'Warn' && level !== 'Note' })
    }
  }
  const made = new Function(`return ${group.getTmplGenObjectGroups()}`)()
  group.free()
  return made
}
