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
 * Compile one template with those that it imports and the scripts.
 *
 * @param {Record<string, string>} files the mini-program's
 * @param {string} wanted its path without `.wxml`
 * @param {(finding: {message: string, isError: boolean}) => void} tell what the compiler finds fault with
 * @returns {{groupList: Record<string, any>, content: any} | null} as the engine wants it; null when there is no such file
 */
export function compileTemplate(files, wanted, tell) {
  if (!(`${wanted}.wxml` in files)) return null
  const group = new compiler.TmplGroup()
  group.setExtraRuntimeScript(FOR_SCRIPTS)
  for (const path of Object.keys(files)) if (path.endsWith('.wxs')) group.addScript(path.slice(0, -4), files[path])
  const added = new Set()
  const add = (path) => {
    if (added.has(path) || !(`${path}.wxml` in files)) return
    added.add(path)
    for (const { message, startLine, level } of group.addTmpl(path, renamed(files[`${path}.wxml`]))) {
      tell({ message: `${path}.wxml:${startLine + 1}: ${message}`, isError: level !== 'Warn' && level !== 'Note' })
    }
    group.getDirectDependencies(path).forEach(add)
  }
  add(wanted)
  const groupList = new Function(`return ${group.getTmplGenObjectGroups()}`)()
  group.free()
  return { groupList, content: groupList[wanted] }
}
