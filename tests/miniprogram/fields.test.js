/** What she types is hers alone while she types: written back, it would make the caret jump and cut a pinyin word in the middle. */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT } = require('./device');

test('no page writes back into a field what she is typing there', () => {
  const files = fs.readdirSync(ROOT, { recursive: true }).filter((name) => name.endsWith('.wxml'));
  const fields = files.flatMap((name) => fs.readFileSync(path.join(ROOT, name), 'utf8').match(/<(?:input|textarea)\s[^>]*>/g) ?? []);
  assert.ok(fields.length >= 9);
  // A nickname is WeChat's to fill in, and is read when she leaves it.
  assert.deepEqual(fields.filter((field) => !/\smodel:value=/.test(field) && !/type="nickname"/.test(field)), []);
});
