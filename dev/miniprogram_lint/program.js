/** The mini-program as the rules read it: app.json, its pages and components with their sources, definitions and words. */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { parse } = require('./wxml');

const KINDS = ['js', 'json', 'wxml', 'wxss'];

/** Stands for whatever a source touches while it is loaded: callable, and every property of it is the same again. */
function anything() {
  return new Proxy(function nothing() {}, {
    get: (_, name) => (name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : anything()),
    apply: anything,
    construct: () => ({}),
  });
}

/** One page or component. `definition` is what it gave to Page() or Component(); null when it could not be loaded. */
class Unit {
  constructor(program, route, kind) {
    Object.assign(this, { program, route, kind, definition: null, failure: '' });
    this.missing = KINDS.filter((suffix) => !program.has(`${route}.${suffix}`));
    this.json = program.json(`${route}.json`) ?? {};
    this.template = program.has(this.wxml) ? parse(program.text(this.wxml)) : parse('');
    if (program.has(this.js)) this.load();
  }

  get js() {
    return `${this.route}.js`;
  }

  get wxml() {
    return `${this.route}.wxml`;
  }

  get wxss() {
    return `${this.route}.wxss`;
  }

  load() {
    try {
      this.definition = this.program.captured(this.js);
      if (!this.definition) this.failure = 'neither Page() nor Component() is called';
    } catch (error) {
      this.failure = `cannot be loaded: ${error.message}`;
    }
  }

  /** The definition and its behaviours, deepest first. */
  get parts() {
    const all = (one) => [...(one.behaviors ?? []).filter((part) => typeof part === 'object').flatMap(all), one];
    return this.definition ? all(this.definition) : [];
  }

  /** The names of the functions that WXML may call. */
  get handlers() {
    const names = (object) => Object.keys(object ?? {}).filter((name) => typeof object[name] === 'function');
    return new Set(this.parts.flatMap((part) => [...names(part.methods), ...names(part)]));
  }

  get properties() {
    return new Set(this.parts.flatMap((part) => [...Object.keys(part.properties ?? {}), ...(part.externalClasses ?? [])]));
  }

  /** The words of the template, `data.t`: undefined when they are not said in the definition. */
  get words() {
    return Object.assign({}, ...this.parts.map((part) => part.data)).t;
  }

  /** The components that its JSON or app.json declares: tag → route. */
  get components() {
    const declared = { ...this.program.app.usingComponents, ...this.json.usingComponents };
    return new Map(Object.entries(declared).map(([tag, target]) => [tag, resolved(this.route, target)]));
  }
}

/** A path named in a file, relative to it or to the root. */
function resolved(from, target) {
  return target.startsWith('/') ? target.slice(1) : path.posix.join(path.posix.dirname(from), target);
}

class Program {
  constructor(root) {
    this.root = root;
    this.files = fs.readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.posix.join(path.relative(root, entry.parentPath), entry.name))
      .sort();
    this.app = this.json('app.json') ?? {};
    this.subPackages = (this.app.subPackages ?? []).map((one) => ({ ...one, root: one.root.replace(/\/$/, '') }));
    this.routes = [...(this.app.pages ?? []), ...this.subPackages.flatMap((one) => one.pages.map((page) => `${one.root}/${page}`))];
    this.pages = this.routes.map((route) => new Unit(this, route, 'page'));
    this.components = new Map();
    this.collect([...this.pages, { components: declaredBy(this.app) }]);
  }

  /** The components that these units use, and those that those use. */
  collect(units) {
    for (const unit of units) {
      for (const route of unit.components.values()) {
        if (this.components.has(route)) continue;
        const component = new Unit(this, route, 'component');
        this.components.set(route, component);
        this.collect([component]);
      }
    }
  }

  get units() {
    return [...this.pages, ...this.components.values()];
  }

  has(file) {
    return this.files.includes(file);
  }

  text(file) {
    return fs.readFileSync(path.join(this.root, file), 'utf8');
  }

  size(file) {
    return fs.statSync(path.join(this.root, file)).size;
  }

  /** A JSON file's content; undefined when it is not there or no JSON, which the rules about structure report. */
  json(file) {
    try {
      return JSON.parse(this.text(file));
    } catch {
      return undefined;
    }
  }

  /** What a module exports. */
  exported(file) {
    this.captured(file);
    return require(path.join(this.root, file));
  }

  /** Run a source with everything of WeChat replaced by nothing; what it gives to Page() or Component(). */
  captured(file) {
    let caught;
    const capture = (definition) => void (caught = definition);
    Object.assign(globalThis, {
      wx: anything(), App: () => {}, Page: capture, Component: capture, Behavior: (one) => one, getApp: anything, getCurrentPages: () => [],
    });
    const full = path.join(this.root, file);
    delete require.cache[full];
    require(full);
    return caught;
  }
}

const declaredBy = (app) => new Map(Object.entries(app.usingComponents ?? {}).map(([tag, target]) => [tag, resolved('app', target)]));

module.exports = { Program, resolved };
