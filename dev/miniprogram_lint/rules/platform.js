/** WeChat's APIs: only those that the phone in the browser knows too, and what touches privacy is declared. */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { elements, get } = require('../wxml');
const { blanked, found } = require('../script');

const API = /(?<![\w$.])wx\.(\w+)/g;
// https://developers.weixin.qq.com/miniprogram/dev/reference/configuration/app.html#requiredPrivateInfos
const LOCATION = new Set(
  'getLocation getFuzzyLocation chooseLocation choosePoi chooseAddress onLocationChange startLocationUpdate startLocationUpdateBackground'.split(' '),
);
const PRIVATE = new Set([...LOCATION, ...'saveImageToPhotosAlbum chooseMedia chooseImage getClipboardData setClipboardData addPhoneContact'.split(' ')]);
const PRIVATE_BUTTONS = new Set(['getPhoneNumber', 'getRealtimePhoneNumber', 'chooseAvatar']);

/** @param {string} phone the folder with the sources of the phone's `wx` */
function* rules(program, { phone }) {
  const known = knownNames(phone);
  const declared = new Set(program.app.requiredPrivateInfos ?? []);
  const uses = [...calls(program)];
  for (const { file, line, name } of uses) {
    if (known && !known.has(name)) yield { file, line, message: `wx.${name} is unknown to the phone in the browser` };
    if (LOCATION.has(name) && !declared.has(name)) yield { file, line, message: `wx.${name} is not in requiredPrivateInfos of app.json` };
  }
  for (const name of declared) {
    if (!uses.some((use) => use.name === name)) yield { file: 'app.json', line: 1, message: `requiredPrivateInfos names ${name}, which nobody calls` };
  }
  if (uses.some((use) => LOCATION.has(use.name)) && !program.app.permission?.['scope.userLocation']?.desc) {
    yield { file: 'app.json', line: 1, message: 'permission["scope.userLocation"].desc does not say what her place is for' };
  }
  if ((uses.some((use) => PRIVATE.has(use.name)) || asksForPhone(program)) && program.app.__usePrivacyCheck__ !== true) {
    yield { file: 'app.json', line: 1, message: '__usePrivacyCheck__ is not true, but privacy is touched' };
  }
}

function* calls(program) {
  for (const file of program.files.filter((one) => one.endsWith('.js'))) {
    for (const { match, line } of found(blanked(program.text(file), { literals: true }), API)) yield { file, line, name: match[1] };
  }
}

function asksForPhone(program) {
  return program.units.some((unit) => [...elements(unit.template)].some((node) => PRIVATE_BUTTONS.has(get(node, 'open-type'))));
}

/** Every word of the phone's sources that could be an API's name; null when there is no phone. */
function knownNames(folder) {
  if (!fs.existsSync(folder)) return null;
  const sources = fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'));
  return new Set(sources.flatMap((name) => blanked(fs.readFileSync(path.join(folder, name), 'utf8')).match(/\w+/g) ?? []));
}

module.exports = { rules };
