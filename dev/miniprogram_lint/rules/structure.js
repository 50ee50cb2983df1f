/** app.json names what is there, everything that is there is named, and the packages are small enough. */
'use strict';

const path = require('node:path');
const { blanked, found } = require('../script');

const LIMIT = 2 * 1024 * 1024;
const REQUIRE = /\brequire\(\s*(['"])([^'"]+)\1\s*\)/g;
const PAGE_PATH = /(?<=['"`])\/?((?:pages|packages)\/[\w/-]+)/g;

function* rules(program) {
  for (const file of program.files.filter((one) => one.endsWith('.json'))) {
    if (program.json(file) === undefined) yield { file, line: 1, message: 'is not JSON' };
  }
  for (const unit of program.units) {
    for (const suffix of unit.missing) yield { file: `${unit.route}.${suffix}`, line: 1, message: `is missing, but ${unit.route} is a ${unit.kind} in use` };
    if (unit.failure && !unit.missing.includes('js')) yield { file: unit.js, line: 1, message: unit.failure };
    if (unit.kind === 'component' && unit.json.component !== true) yield { file: `${unit.route}.json`, line: 1, message: 'does not say "component": true' };
  }
  yield* tabs(program);
  yield* forgotten(program);
  yield* sizes(program);
  yield* references(program);
}

function* tabs(program) {
  for (const tab of program.app.tabBar?.list ?? []) {
    if (!(program.app.pages ?? []).includes(tab.pagePath)) yield { file: 'app.json', line: 1, message: `the tab ${tab.pagePath} is no page of the main package` };
  }
}

/** A page or component that nobody can reach is still downloaded by everybody. */
function* forgotten(program) {
  const used = new Set(program.units.map((unit) => unit.route));
  for (const file of program.files.filter((one) => one.endsWith('.wxml'))) {
    if (!used.has(file.replace('.wxml', ''))) yield { file, line: 1, message: 'belongs to no page of app.json and to no component in use' };
  }
}

/** The sub-package that a file lies in; empty for the main package. */
function packageOf(program, file) {
  return program.subPackages.find((one) => file.startsWith(`${one.root}/`))?.root ?? '';
}

function* sizes(program) {
  const sizes = new Map();
  for (const file of program.files) {
    const home = packageOf(program, file);
    sizes.set(home, (sizes.get(home) ?? 0) + program.size(file));
  }
  for (const [home, bytes] of sizes) {
    if (bytes > LIMIT) yield { file: 'app.json', line: 1, message: `the package ${home || '(main)'} has ${(bytes / 1024 / 1024).toFixed(2)} MB; WeChat takes 2 MB` };
  }
}

/** What is required exists by that very name, in this package or the main one; pages that are named exist. */
function* references(program) {
  for (const file of program.files.filter((one) => one.endsWith('.js'))) {
    const code = blanked(program.text(file));
    for (const { match, line } of found(code, REQUIRE)) {
      const target = path.posix.join(path.posix.dirname(file), match[2]).replace(/(\.js)?$/, '.js');
      const home = packageOf(program, target);
      if (!program.has(target)) yield { file, line, message: `requires ${match[2]}, but there is no ${target}` };
      else if (home && home !== packageOf(program, file)) yield { file, line, message: `requires ${target} of another sub-package` };
    }
    for (const { match, line } of found(code, PAGE_PATH)) yield* page(program, file, { line, route: match[1] });
  }
  for (const unit of program.units) {
    if (unit.missing.includes('wxml')) continue;
    for (const { match, line } of found(program.text(unit.wxml).replace(/<!--[\s\S]*?-->/g, ''), PAGE_PATH)) {
      yield* page(program, unit.wxml, { line, route: match[1] });
    }
  }
}

function* page(program, file, { line, route }) {
  if (!program.routes.includes(route)) yield { file, line, message: `names the page ${route}, which is not in app.json` };
}

module.exports = { rules };
