/** Templates speak the dialect that WeChat and its engine in the browser both understand, to handlers and components that exist. */
'use strict';

const { elements, get } = require('../wxml');
const { blanked } = require('../script');

const BUILT_IN = new Set(
  ('view text image scroll-view swiper swiper-item button input textarea switch checkbox checkbox-group radio radio-group label picker '
    + 'picker-view picker-view-column slider progress navigator map canvas rich-text block slot wxs form icon cover-view cover-image '
    + 'page-meta navigation-bar root-portal movable-area movable-view').split(' '),
);
const EVENT = /^(bind|catch):([\w-]+)$/;
const EVENT_LIKE = /^(capture-|mut-)?(bind|catch)/;
const NATIVE = new Set('tap longpress longtap touchstart touchmove touchend touchcancel transitionend animationstart animationend'.split(' '));
const ON_EVERY_TAG = /^(class|style|id|slot|hidden|wx:.*|data-.*|aria-.*|mark:.*|generic:.*|worklet:.*)$/;

function* rules(program) {
  for (const unit of program.units) {
    const file = unit.wxml;
    const seen = new Set();
    for (const node of elements(unit.template)) {
      seen.add(node.tag);
      for (const problem of [...tag(unit, node), ...events(unit, node), ...loop(node), ...properties(unit, node)]) {
        yield { file, line: problem.line ?? node.line, message: problem.message };
      }
    }
    for (const name of Object.keys(unit.json.usingComponents ?? {})) {
      if (!seen.has(name)) yield { file: `${unit.route}.json`, line: 1, message: `declares <${name}>, which ${file} does not use` };
    }
  }
  const everywhere = new Set(program.units.flatMap((unit) => [...elements(unit.template)].map((node) => node.tag)));
  for (const name of Object.keys(program.app.usingComponents ?? {})) {
    if (!everywhere.has(name)) yield { file: 'app.json', line: 1, message: `declares <${name}>, which no template uses` };
  }
}

function* tag(unit, node) {
  if (!BUILT_IN.has(node.tag) && !unit.components.has(node.tag)) yield { message: `<${node.tag}> is neither WeChat's nor declared in usingComponents` };
}

function* loop(node) {
  if (get(node, 'wx:for') !== undefined && !get(node, 'wx:key')) yield { message: `<${node.tag} wx:for> has no wx:key` };
}

function* events(unit, node) {
  const component = unit.program.components.get(unit.components.get(node.tag));
  for (const { name, value, line } of node.attributes) {
    const event = EVENT.exec(name);
    if (!event) {
      if (EVENT_LIKE.test(name)) yield { line, message: `${name}: events are bound as bind:… or catch:…` };
    } else if (value.includes('{{')) {
      yield { line, message: `${name}="${value}": a handler is a name, not an expression` };
    } else if (value && unit.definition && !unit.handlers.has(value)) {
      yield { line, message: `${name}="${value}": ${unit.js} has no ${value}` };
    } else if (!value && event[1] === 'bind') {
      yield { line, message: `${name} has no handler` };
    }
    if (event && component?.definition && !NATIVE.has(event[2]) && !triggers(component, event[2])) {
      yield { line, message: `${name}: ${component.js} never triggers ${event[2]}` };
    }
  }
}

/** Whether the component's source triggers the event; one whose names are computed may trigger any. */
function triggers(component, event) {
  const code = blanked(component.program.text(component.js));
  const names = [...code.matchAll(/triggerEvent\(\s*(?:(['"])([^'"]*)\1)?/g)].map((match) => match[2]);
  return names.includes(event) || names.includes(undefined) || (component.definition.behaviors ?? []).length > 0;
}

/** An attribute that the component does not know would be dropped without a word. */
function* properties(unit, node) {
  const component = unit.program.components.get(unit.components.get(node.tag));
  if (!component?.definition) return;
  for (const { name, line } of node.attributes) {
    const property = name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
    if (ON_EVERY_TAG.test(name) || EVENT_LIKE.test(name) || component.properties.has(property) || component.properties.has(name)) continue;
    yield { line, message: `<${node.tag} ${name}>: ${component.js} has no such property` };
  }
}

module.exports = { rules };
