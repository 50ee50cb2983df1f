/** Makes elements: the shell's only way to build its screens. */

/**
 * @param {string} tag a tag with classes: `button.ph-button.is-wide`
 * @param {Record<string, any>} [given] attributes; functions are listeners, `true` is an attribute without value
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any} whichever element the tag names
 */
export function h(tag, given = {}, ...children) {
  const [name, ...classes] = tag.split('.')
  /** @type {any} */
  const element = document.createElement(name)
  if (classes.length) element.className = classes.join(' ')
  if (name === 'button') element.type = 'button'
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === 'function') element.addEventListener(key, value)
    else if (key === 'style') element.style.cssText = value
    else if (value === true) element.setAttribute(key, '')
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value)
  }
  element.append(...children.filter((child) => child || child === ''))
  return element
}

/** An icon of 24 × 24 strokes; decoration only, the words stand beside it. */
export function icon(name, size = 24) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', width: size, height: size, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' })) {
    svg.setAttribute(key, String(value))
  }
  svg.innerHTML = ICONS[name]
  return svg
}

const ICONS = {
  back: '<path d="M15.5 4 7.5 12l8 8" stroke-width="2"/>',
  home: '<path d="M4 11 12 4l8 7v9h-5.5v-5.5h-5V20H4z"/>',
  close: '<path d="M5 5l14 14M19 5 5 19"/>',
  check: '<path d="m4.5 12.5 5 5 10-11" stroke-width="2.2"/>',
  error: '<circle cx="12" cy="12" r="9"/><path d="M12 7v6.5M12 16.6v.2" stroke-width="2"/>',
  forward: '<path d="M13 5.5V10c-5 .3-8.5 3-9.5 8.5C6 15.5 9 14.3 13 14.500V19l7.5-6.700z"/>',
  moments: '<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="3.6"/><path d="M12 3.5 14.5 9M20.5 12 15 14.500M12 20.5 9.5 15M3.5 12 9 9.5"/>',
  link: '<path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.700l1-1"/>',
  restart: '<path d="M19 12a7 7 0 1 1-2.1-5M17.5 3v4.500H13"/>',
  settings: '<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.600l2.2 2.200M16.2 16.200l2.2 2.200M18.4 5.600l-2.2 2.200M7.8 16.200l-2.2 2.2"/>',
  phone: '<path d="M6 3.500h3l1.5 4.500L8.3 9.600a12 12 0 0 0 6.1 6.100l1.6-2.2 4.5 1.500v3c0 1.4-1.1 2.5-2.5 2.500C10.8 20.5 3.5 13.2 3.5 6 3.5 4.6 4.6 3.5 6 3.500z"/>',
}
