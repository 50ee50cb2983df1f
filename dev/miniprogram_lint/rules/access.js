/** Who cannot see the screen gets a name for everything that can be pressed and every picture with meaning; text is large enough. */
'use strict';

const { elements, get } = require('../wxml');
const { found } = require('../script');

const CONTROLS = new Set('button navigator label input textarea switch slider picker checkbox radio map'.split(' '));
const FIELDS = new Set('input textarea switch slider checkbox radio'.split(' '));
const SMALLEST = 24;

function* rules(program) {
  const silent = new Map();
  for (const unit of program.units) {
    for (const node of elements(unit.template)) {
      for (const message of [...pressed(unit, node, silent), ...picture(node), ...field(node)]) yield { file: unit.wxml, line: node.line, message };
    }
  }
  for (const file of program.files.filter((one) => one.endsWith('.wxss'))) {
    for (const { match, line } of found(program.text(file), /font-size:\s*([\d.]+)rpx/g)) {
      if (Number(match[1]) < SMALLEST) yield { file, line, message: `text of ${match[1]}rpx; the smallest that all can read here is ${SMALLEST}rpx` };
    }
  }
}

const isHidden = (node) => get(node, 'aria-hidden') === 'true' || (node.parent !== null && isHidden(node.parent));
const isNamed = (node) => Boolean(get(node, 'aria-label'));

function* pressed(unit, node, silent) {
  const taps = node.attributes.some((one) => /^(bind|catch):tap$/.test(one.name) && one.value);
  const isOwn = unit.components.has(node.tag);
  if (isHidden(node) || isOwn || !(taps || node.tag === 'button' || node.tag === 'navigator')) return;
  if (!CONTROLS.has(node.tag) && !get(node, 'aria-role')) yield `<${node.tag}> can be tapped, but has no aria-role="button"`;
  if (!isNamed(node) && !says(unit, node, silent)) yield `<${node.tag}> can be tapped, but has neither text nor aria-label`;
}

/** Whether there is text in the node; a component says something when its own template does. */
function says(unit, node, silent) {
  return node.children.some((child) => {
    if (child.tag === '#text') return child.text.trim() !== '';
    if (isNamed(child)) return true;
    const route = unit.components.get(child.tag);
    return says(unit, child, silent) || (route !== undefined && speaks(unit.program, route, silent));
  });
}

function speaks(program, route, silent) {
  if (!silent.has(route)) {
    silent.set(route, false); // a component within itself adds no text
    const component = program.components.get(route);
    silent.set(route, component ? says(component, component.template, silent) : true);
  }
  return silent.get(route);
}

function* picture(node) {
  if (['image', 'map', 'canvas'].includes(node.tag) && !isNamed(node) && !isHidden(node)) {
    yield `<${node.tag}> has neither aria-label nor aria-hidden="true"`;
  }
}

function* field(node) {
  const inLabel = (one) => one !== null && (one.tag === 'label' || inLabel(one.parent));
  if (FIELDS.has(node.tag) && !isNamed(node) && !get(node, 'placeholder') && !inLabel(node.parent) && !isHidden(node)) {
    yield `<${node.tag}> has no aria-label, no placeholder and no <label> around it`;
  }
}

module.exports = { rules };
