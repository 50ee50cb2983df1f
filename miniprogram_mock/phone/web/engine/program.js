/** The mini-program's files, as they are, and what its JSON says. */

/** Elements of the framework; in the browser each is a custom element `wx-…`, whose name needs a hyphen. */
export const ELEMENTS = [
  'view', 'text', 'image', 'scroll-view', 'swiper', 'swiper-item', 'button', 'input', 'textarea', 'switch', 'checkbox', 'checkbox-group',
  'radio', 'radio-group', 'label', 'picker', 'slider', 'progress', 'navigator', 'map', 'canvas', 'rich-text', 'form', 'icon', 'cover-view',
  'cover-image', 'movable-area', 'movable-view', 'page-meta', 'navigation-bar', 'root-portal',
]
const TAG = new RegExp(`<(/?)(${[...ELEMENTS].sort((a, b) => b.length - a.length).join('|')})(?=[\\s/>])`, 'g')

/** WXML with the framework's elements under their names in the browser; lines stay where they are. */
export const renamed = (wxml) => wxml.replace(TAG, '<$1wx-$2')

/** Fetch every source of the mini-program. */
export async function fetchProgram() {
  const answer = await fetch('/miniprogram/files.json', { cache: 'no-store' })
  if (!answer.ok) throw new Error(`the mini-program's files: ${answer.status}`)
  return readProgram(await answer.json())
}

/** @param {Record<string, string>} files path → text */
export function readProgram(files) {
  const json = (path, otherwise) => {
    if (!(path in files)) return otherwise
    try {
      return JSON.parse(files[path])
    } catch (error) {
      throw new Error(`${path}: ${error.message}`)
    }
  }
  const config = json('app.json', {})
  const themes = config.themeLocation ? json(config.themeLocation, {}) : {}
  const packages = config.subPackages ?? config.subpackages ?? []
  const pages = [...(config.pages ?? []), ...packages.flatMap((one) => one.pages.map((page) => `${one.root.replace(/\/$/, '')}/${page}`))]
  const configs = new Map()

  /** A page's or component's JSON. */
  function unit(path) {
    if (!configs.has(path)) configs.set(path, json(`${path}.json`, {}))
    return configs.get(path)
  }

  return {
    files,
    config,
    pages,
    project: json('project.config.json', {}),
    tabs: (config.tabBar?.list ?? []).map((tab) => tab.pagePath),
    unit,
    /** `@name` of theme.json in the theme that is on. */
    themed: (value, theme) => (typeof value === 'string' && value.startsWith('@') ? themes[theme]?.[value.slice(1)] : value),
    /** What a page's window looks like: the app's, and what the page says itself. */
    windowOf: (path) => ({ ...config.window, ...unit(path) }),
    /** The components that a page or component uses, by tag, as paths without a leading slash. */
    componentsOf: (path) => Object.fromEntries(
      Object.entries({ ...config.usingComponents, ...unit(path).usingComponents }).map(([tag, target]) => [tag, resolve(path, target)]),
    ),
  }
}

/** A path that a file names, relative to it or to the root. */
export function resolve(from, target) {
  const parts = target.startsWith('/') ? [] : from.split('/').slice(0, -1)
  for (const part of target.replace(/^\//, '').split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}
