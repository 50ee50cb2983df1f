/** WXSS to CSS: rpx, elements' names, scopes of pages and components, the theme's media query, imports. */
import { ELEMENTS, resolve } from './program.js'

const RPX = /(-?\d*\.?\d+)rpx\b/g
const VIEW_HEIGHT = /(-?\d*\.?\d+)vh\b/g
const IMPORT = /@import\s+["']([^"']+)["']\s*;?/g
const COMMENT = /\/\*[\s\S]*?\*\//g
const DARK = /@media[^{]*\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)/g
const KNOWN = new Set(ELEMENTS)

/** 1rpx is 1/750 of the phone's width. */
export const inViewWidths = (css) => css.replace(RPX, (_, number) => `${(Number(number) * 100) / 750}vw`)

/** The text of a WXSS file with everything that it imports. */
export function collected(files, path, seen = new Set()) {
  if (!(path in files) || seen.has(path)) return ''
  seen.add(path)
  return files[path].replace(COMMENT, '').replace(IMPORT, (_, target) => collected(files, resolve(path, target), seen))
}

/**
 * CSS of a WXSS text.
 *
 * @param {string} wxss
 * @param {{page?: string, prefix?: string}} scope `page`: only inside the page of this route; `prefix`: classes of a component
 * @returns {(theme: string) => string}
 */
export function compile(wxss, scope = {}) {
  // `vh` is the height of a page's own view, which ends at the bars.
  const text = inViewWidths(wxss)
    .replace(VIEW_HEIGHT, (_, number) => `calc(var(--page-height) * ${Number(number) / 100})`)
    .replace(/env\(\s*safe-area-inset-(top|bottom|left|right)\s*\)/g, 'var(--safe-$1, 0px)')
  const made = new Map()
  return (theme) => {
    if (!made.has(theme)) {
      const themed = text.replace(DARK, (_, wanted) => (wanted === theme ? '@media all' : '@media not all'))
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(themed)
      made.set(theme, [...sheet.cssRules].map((rule) => written(rule, scope)).join('\n'))
    }
    return made.get(theme)
  }
}

function written(rule, scope) {
  if (rule instanceof CSSStyleRule) return `${selectors(rule.selectorText, scope)}{${rule.style.cssText}}`
  if (rule instanceof CSSMediaRule) return `@media ${rule.conditionText}{${inner(rule, scope)}}`
  if (rule instanceof CSSSupportsRule) return `@supports ${rule.conditionText}{${inner(rule, scope)}}`
  return rule.cssText
}

const inner = (rule, scope) => [...rule.cssRules].map((one) => written(one, scope)).join('\n')

function selectors(text, scope) {
  return splitOutside(text, ',').map((one) => selector(one.trim(), scope)).join(',')
}

/** One selector; a page's gets its scope without weight, so that the order of rules decides as it does in WeChat. */
function selector(text, { page, prefix }) {
  const renamed = text.replace(/(^|[\s>+~(])([a-zA-Z][\w-]*)/g, (whole, before, tag) => {
    if (tag === 'page') return `${before}wx-page`
    return KNOWN.has(tag) ? `${before}wx-${tag}` : whole
  })
  const named = prefix ? renamed.replace(/\.(-?[_a-zA-Z][\w-]*)/g, `.${prefix}--$1`).replace(/:host\b/g, `[wx-host="${prefix}"]`) : renamed
  if (!page) return named
  const here = `:where([data-route="${page}"])`
  return named.startsWith('wx-page') ? named.replace('wx-page', `wx-page${here}`) : `${here} ${named}`
}

function splitOutside(text, separator) {
  const parts = ['']
  let depth = 0
  for (const letter of text) {
    if (letter === '(') depth += 1
    if (letter === ')') depth -= 1
    if (letter === separator && !depth) parts.push('')
    else parts[parts.length - 1] += letter
  }
  return parts
}
