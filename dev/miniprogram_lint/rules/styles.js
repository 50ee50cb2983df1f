/** Styles go by class, as WeChat demands of components, and the colours can be read in light and in dark. */
'use strict';

const LEAST_CONTRAST = 4.5;
const READ = ['ink', 'ink-2', 'ink-3', 'accent', 'ok', 'warn', 'danger'];
const GROUNDS = ['paper', 'paper-2'];
const COLOUR = /--([\w-]+)\s*:\s*(#[0-9a-fA-F]{3,8})\b/g;

function* rules(program) {
  const components = new Set([...program.components.keys()].map((route) => `${route}.wxss`));
  for (const file of program.files.filter((one) => one.endsWith('.wxss') && one !== 'app.wxss')) {
    for (const { selector, line } of selectors(program.text(file))) yield* allowed(file, line, { selector, isComponent: components.has(file) });
  }
  if (program.has('app.wxss')) yield* contrast(program.text('app.wxss'));
}

function* allowed(file, line, { selector, isComponent }) {
  const bare = selector.replace(/:host\b/g, '').replace(/:(not|is|where)\(/g, '(').replace(/::?[\w-]+(\([^)]*\))?/g, '');
  if (bare.includes('#')) yield { file, line, message: `${selector}: ids are not for styling` };
  if (bare.includes('[')) yield { file, line, message: `${selector}: styles go by class, not by attribute` };
  const tags = [...bare.replace(/\[[^\]]*\]/g, '').matchAll(/(?<![\w.#-])([a-zA-Z][\w-]*)/g)].map((match) => match[1]);
  const stray = tags.find((tag) => isComponent || tag !== 'page');
  if (stray) yield { file, line, message: `${selector}: styles go by class, not by the tag ${stray}` };
}

/** Every selector of a style sheet with its line; what lies within @media and @supports too, key frames not. */
function selectors(source) {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
  const all = [];
  const open = [];
  let prelude = '';
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '{') {
      const name = prelude.trim();
      const inner = open.includes('rule') || open.includes('frames');
      if (!inner && name && !name.startsWith('@')) {
        const line = text.slice(0, at - prelude.trimStart().length).split('\n').length;
        for (const selector of name.split(/,(?![^(]*\))/)) all.push({ selector: selector.trim(), line });
      }
      open.push(name.startsWith('@media') || name.startsWith('@supports') ? 'group' : name.startsWith('@') ? 'frames' : 'rule');
    } else if (letter === '}') open.pop();
    prelude = '{};'.includes(letter) ? '' : prelude + letter;
  }
  return all;
}

/** The tokens of app.wxss, once as they are and once as the dark theme changes them. */
function* contrast(source) {
  const dark = /@media[^{]*prefers-color-scheme:\s*dark[^{]*\{([\s\S]*?\})\s*\}/.exec(source);
  const light = tokens(dark ? source.replace(dark[0], (text) => text.replace(/[^\n]/g, ' ')) : source, source);
  const themes = { light, dark: new Map([...light, ...(dark ? tokens(dark[1], source, dark.index + dark[0].indexOf(dark[1])) : [])]) };
  if (!dark) yield { file: 'app.wxss', line: 1, message: 'has no colours for the dark theme' };
  for (const [theme, colours] of Object.entries(themes)) {
    const pairs = [...READ.flatMap((ink) => GROUNDS.map((paper) => [ink, paper])), ['accent-ink', 'accent']];
    for (const [ink, paper] of pairs) {
      const [one, other] = [colours.get(ink), colours.get(paper)];
      if (!one || !other) yield { file: 'app.wxss', line: 1, message: `the ${theme} theme has no colour --${one ? paper : ink} as #rrggbb` };
      else if (ratio(one.value, other.value) < LEAST_CONTRAST) {
        const found = ratio(one.value, other.value).toFixed(2);
        yield { file: 'app.wxss', line: one.line, message: `--${ink} on --${paper} has a contrast of ${found} in the ${theme} theme; 4.5 is the least` };
      }
    }
  }
}

function tokens(text, source, offset = 0) {
  return new Map([...text.matchAll(COLOUR)].map((match) => {
    const line = source.slice(0, offset + match.index).split('\n').length;
    return [match[1], { value: match[2], line }];
  }));
}

/** The contrast of two colours as WCAG 2 computes it. */
function ratio(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex) {
  const digits = hex.slice(1);
  const pairs = digits.length < 6 ? [...digits].slice(0, 3).map((digit) => digit + digit) : digits.match(/../g).slice(0, 3);
  const [red, green, blue] = pairs.map((pair) => {
    const share = parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

module.exports = { rules, ratio };
