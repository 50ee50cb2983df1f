/** Files and functions stay small in JavaScript too: a file of a few screens, a function of one. */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const ROOT = path.resolve(__dirname, '../..');
const ts = require(path.join(ROOT, 'miniprogram_mock/phone/web/node_modules/typescript'));

const FILE = 400;
const FUNCTION = 60;
const FOLDERS = ['miniprogram_mock', 'dev', 'tests'];

const sources = FOLDERS.flatMap((folder) => fs.globSync(`${folder}/**/*.{js,wxs}`, { cwd: ROOT, exclude: (name) => name.includes('node_modules') })).map(
  (file) => ({ file, text: fs.readFileSync(path.join(ROOT, file), 'utf8') }),
);

/** Every function of a source as `file:line`, with its number of lines; the functions within it, as a factory has, count for themselves. */
function functions({ file, text }) {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position) => tree.getLineAndCharacterOfPosition(position).line + 1;
  const all = [];
  (function visit(node, outer) {
    const isFunction = ts.isFunctionLike(node) && node.body;
    const own = isFunction ? { place: `${file}:${lineAt(node.getStart())}`, lines: lineAt(node.end) - lineAt(node.getStart()) + 1 } : outer;
    if (isFunction) {
      all.push(own);
      if (outer) outer.lines -= own.lines;
    }
    ts.forEachChild(node, (child) => visit(child, own));
  })(tree, null);
  return all;
}

test('there is something to measure', () => {
  assert.ok(sources.length > 50);
  assert.ok(sources.flatMap(functions).length > 200);
});

test('no file is longer than a few screens', () => {
  const long = sources.filter(({ text }) => text.trimEnd().split('\n').length > FILE).map(({ file }) => file);
  assert.deepEqual(long, []);
});

test('no function is longer than a screen', () => {
  const long = sources.flatMap(functions).filter(({ lines }) => lines > FUNCTION);
  assert.deepEqual(long.map(({ place, lines }) => `${place}: ${lines}`), []);
});
