/** Behind an open drawer the page stays where it is. */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT } = require('./device');

const read = (name) => fs.readFileSync(path.join(ROOT, name), 'utf8');
const { pages, subPackages } = JSON.parse(read('app.json'));
const ALL = [...pages, ...subPackages.flatMap(({ root, pages: within }) => within.map((page) => `${root}/${page}`))];

/** What the drawers of a page depend on: the name in each `open="{{…}}"`. */
const opened = (wxml) => [...wxml.matchAll(/<(?:sheet|contact|cancel-sheet|filter-drawer)\s[^>]*?open="\{\{(\w+)/g)].map(([, name]) => name);

test('a page with a drawer does not scroll while it is open', () => {
  const withDrawer = ALL.map((page) => [page, read(`${page}.wxml`)]).filter(([, wxml]) => opened(wxml).length);
  assert.ok(withDrawer.length >= 7);
  for (const [page, wxml] of withDrawer) {
    const [, condition] = /^<page-meta page-style="\{\{(.+?) \? 'overflow: hidden' : ''\}\}" \/>/.exec(wxml) ?? [page, ''];
    for (const name of opened(wxml)) assert.match(condition, new RegExp(`\\b${name}\\b`), `${page}: ${name}`);
  }
});

test("a finger on the drawer's edges moves nothing behind it", () => {
  const wxml = read('components/sheet/index.wxml');
  for (const part of ['backdrop', 'head', 'footer', 'foot-space']) assert.match(wxml, new RegExp(`class="${part}[ "][^>]*catch:touchmove="still"`), part);
});
