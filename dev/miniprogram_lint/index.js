/** The house's own rules for the mini-program: `node dev/miniprogram_lint MINI-PROGRAM PHONE` names every breach with file and line. */
'use strict';

const path = require('node:path');
const { Program } = require('./program');

const RULES = ['structure', 'templates', 'words', 'access', 'styles', 'platform'];

/**
 * @param {string} root the mini-program's folder
 * @param {{phone: string}} places `phone`: the folder with the sources of the phone's `wx`
 * @returns {{file: string, line: number, message: string}[]} by file and line; each once
 */
function lint(root, places) {
  const program = new Program(path.resolve(root));
  const all = RULES.flatMap((name) => [...require(`./rules/${name}`).rules(program, places)]);
  const once = new Map(all.map((one) => [`${one.file}:${one.line}: ${one.message}`, one]));
  return [...once.values()].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

if (require.main === module) {
  const [root, phone] = process.argv.slice(2);
  const breaches = lint(root, { phone });
  for (const { file, line, message } of breaches) console.log(`${path.join(root, file)}:${line}: ${message}`);
  process.exitCode = breaches.length ? 1 : 0;
}

module.exports = { lint };
