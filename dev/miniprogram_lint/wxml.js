/** Reads WXML into a tree of nodes that know their lines. */
'use strict';

const NAME = /[^\s=/>"']+/y;
const SPACE = /\s*/y;

/**
 * @typedef {{name: string, value: string, line: number}} Attribute
 * @typedef {{tag: string, line: number, attributes: Attribute[], children: Node[], parent: Node | null, text?: string}} Node
 * A text has the tag `#text`; `get(node, name)` gives an attribute's value.
 */

/** The attribute's value, or undefined when the node has no such attribute. */
const get = (node, name) => node.attributes.find((one) => one.name === name)?.value;

/** Every element of the tree, parents before children. */
function* elements(node) {
  for (const child of node.children) {
    if (child.tag === '#text') continue;
    yield child;
    yield* elements(child);
  }
}

/** The mustaches of a text, as `{code, line}`; `line` is where the text begins. */
function mustaches(text, line) {
  return [...text.matchAll(/\{\{([\s\S]*?)\}\}/g)].map((found) => ({ code: found[1], line: line + lines(text.slice(0, found.index)) }));
}

const lines = (text) => text.split('\n').length - 1;

/** A finger on the source that only moves forward. */
class Cursor {
  constructor(source) {
    this.source = source;
    this.at = 0;
  }

  get line() {
    return lines(this.source.slice(0, this.at)) + 1;
  }

  get done() {
    return this.at >= this.source.length;
  }

  is(text) {
    return this.source.startsWith(text, this.at);
  }

  /** Go on to this text and return what lies before it; to the end when it does not come. */
  until(text) {
    const found = this.source.indexOf(text, this.at);
    const end = found < 0 ? this.source.length : found;
    const passed = this.source.slice(this.at, end);
    this.at = end;
    return passed;
  }

  skip(text) {
    if (this.is(text)) this.at += text.length;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}

/** @returns {Node} the root of the tree, whose tag is empty; what does not close is left to WeChat's own compiler to refuse */
function parse(source) {
  const cursor = new Cursor(source);
  const root = { tag: '', line: 1, attributes: [], children: [], parent: null };
  let open = root;
  while (!cursor.done) {
    const line = cursor.line;
    if (cursor.is('<!--')) {
      cursor.until('-->');
      cursor.skip('-->');
    } else if (cursor.is('</')) {
      cursor.until('>');
      cursor.skip('>');
      open = open.parent ?? root;
    } else if (cursor.is('<')) {
      const { node, closed } = element(cursor, open, line);
      if (!closed) open = node;
    } else {
      open.children.push({ tag: '#text', line, attributes: [], children: [], parent: open, text: text(cursor) });
    }
  }
  return root;
}

/** Text up to the next tag; a `<` within a mustache is an operator. */
function text(cursor) {
  let passed = '';
  while (!cursor.done && !cursor.is('<')) {
    if (cursor.is('{{')) passed += cursor.until('}}');
    else passed += cursor.source[cursor.at++];
  }
  return passed;
}

function element(cursor, parent, line) {
  cursor.skip('<');
  const node = { tag: cursor.match(NAME), line, attributes: [], children: [], parent };
  parent.children.push(node);
  cursor.match(SPACE);
  while (!cursor.done && !cursor.is('>') && !cursor.is('/>')) {
    node.attributes.push(attribute(cursor));
    cursor.match(SPACE);
  }
  const closed = cursor.is('/>');
  cursor.skip(closed ? '/>' : '>');
  if (node.tag === 'wxs' && !closed) {
    cursor.until('</wxs>');
    cursor.skip('</wxs>');
    return { node, closed: true };
  }
  return { node, closed };
}

function attribute(cursor) {
  const line = cursor.line;
  const name = cursor.match(NAME) || cursor.source[cursor.at++];
  if (!cursor.is('=')) return { name, value: '', line };
  cursor.skip('=');
  const quote = cursor.source[cursor.at];
  if (quote !== '"' && quote !== "'") return { name, value: cursor.match(NAME), line };
  cursor.skip(quote);
  const value = cursor.until(quote);
  cursor.skip(quote);
  return { name, value, line };
}

module.exports = { parse, elements, get, mustaches };
