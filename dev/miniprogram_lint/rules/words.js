/** What people read stands in the catalogues: no Chinese elsewhere, no key that is missing, none that nobody reads. */
'use strict';

const { elements, mustaches } = require('../wxml');
const { blanked, found } = require('../script');

const IDEOGRAPHS = /[\u3400-\u9fff\uf900-\ufaff]+/g;
const KEY = /(?<![\w$.])t((?:\.[\w$]+)+)/g;
const CHAIN = /(?<![\w$])[\w$]+(?:\s*\??\.\s*[\w$]+)+/g;
const UNPACKED = /\{([^{}]*)\}\s*=\s*(?:[\w.]*\bt\b|words|texts\(\))/g;
const CATALOGUES = 'texts/zh-CN/';

function* rules(program) {
  yield* strays(program);
  const catalogues = new Map(program.files.filter((file) => file.startsWith(CATALOGUES)).map((file) => [file, program.exported(file)]));
  const used = new Map([...catalogues.values()].map((words) => [words, new Set()]));
  for (const unit of program.units) yield* template(unit, used);
  for (const file of program.files.filter((one) => one.endsWith('.js') && !one.startsWith('texts/'))) scripts(program, file, { catalogues, used });
  for (const [file, words] of catalogues) yield* unread(program, file, { words, used: used.get(words) });
}

/** Chinese outside the catalogues; the comments of a source may quote it. */
function* strays(program) {
  for (const file of program.files) {
    if (file.startsWith('texts/')) continue;
    const source = /\.(js|wxs)$/.test(file) ? blanked(program.text(file)) : /\.wxml$/.test(file) ? withoutComments(program.text(file)) : '';
    for (const { match, line } of found(source, IDEOGRAPHS)) yield { file, line, message: `“${match[0]}” belongs into ${CATALOGUES}` };
  }
}

const withoutComments = (wxml) => wxml.replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, ' '));

/** The expressions of a template with their lines, strings blanked. */
function* expressions(unit) {
  for (const node of elements(unit.template)) {
    for (const { value, line } of node.attributes) yield* mustaches(value, line);
    for (const child of node.children) if (child.tag === '#text') yield* mustaches(child.text, child.line);
  }
}

/** Every `t.a.b` of the template is there; those that are count as read. */
function* template(unit, used) {
  for (const { code, line } of expressions(unit)) {
    for (const { match } of found(blanked(code, { literals: true }), KEY)) {
      if (unit.properties.has('t')) mark([...used.keys()], used, match[1].slice(1).split('.'));
      else if (!unit.definition) continue;
      else if (!unit.words) yield { file: unit.wxml, line, message: `t${match[1]}: ${unit.js} puts no words into data.t` };
      else if (!known(unit.words, match[1])) yield { file: unit.wxml, line, message: `t${match[1]} is not among the words of data.t` };
      else mark(used.has(unit.words) ? [unit.words] : [...used.keys()], used, match[1].slice(1).split('.'));
    }
  }
}

function known(words, chain) {
  return chain.slice(1).split('.').reduce((at, key) => (at === undefined || at === null ? undefined : at[key]), words) !== undefined;
}

/** In the sources, anything after a dot that could be a way into a catalogue the source asks for counts as read. */
function scripts(program, file, { catalogues, used }) {
  const code = blanked(program.text(file));
  const asked = [...catalogues].filter(([name]) => code.includes(`texts('${name.slice(CATALOGUES.length, -3)}')`) || /texts\([^')]/.test(code));
  const words = asked.map(([, catalogue]) => catalogue);
  if (!words.length) return;
  const plain = code.replace(/texts\([^)]*\)/g, 'texts');
  for (const { match } of found(plain, CHAIN)) {
    const steps = match[0].split(/\s*\??\.\s*/).slice(1);
    for (let from = 0; from < steps.length; from += 1) mark(words, used, steps.slice(from));
  }
  for (const { match } of found(code.replace(/texts\([^)]*\)/g, 'texts()'), UNPACKED)) {
    for (const name of match[1].split(',')) mark(words, used, [name.split(':')[0].trim()]);
  }
}

/** Note the longest beginning of `steps` that leads into each of these catalogues; everything below it counts as read. */
function mark(catalogues, used, steps) {
  for (const words of catalogues) {
    const way = [];
    let at = words;
    for (const step of steps) {
      if (at === null || typeof at !== 'object' || !(step in at)) break;
      at = at[step];
      way.push(step);
    }
    if (way.length) used.get(words).add(way.join('.'));
  }
}

function* unread(program, file, { words, used }) {
  const source = program.text(file);
  for (const way of leaves(words)) {
    const read = way.some((_, end) => used.has(way.slice(0, end + 1).join('.')));
    if (!read) yield { file, line: lineOf(source, way), message: `nobody reads ${way.join('.')}` };
  }
}

function leaves(words, before = []) {
  if (words === null || typeof words !== 'object' || Array.isArray(words)) return [before];
  return Object.entries(words).flatMap(([key, value]) => leaves(value, [...before, key]));
}

/** The line where the last key of the way is written, below the lines of the keys before it. */
function lineOf(source, way) {
  const rows = source.split('\n');
  return way.reduce((from, key) => {
    const pattern = new RegExp(`(^|[{,\\s])['"]?${key.replace(/[^\w]/g, '\\$&')}['"]?\\s*[:,]`);
    const row = rows.findIndex((text, index) => index >= from - 1 && pattern.test(text));
    return row < 0 ? from : row + 1;
  }, 1);
}

module.exports = { rules };
