/** A phone without a screen: loads pages and components of the mini-program on a fake `wx`, and lets a test press their handlers. */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { fakeWx, fails } = require('./fake-wx');

const ROOT = path.resolve(__dirname, '../../miniprogram_mock/miniprogram');

/** Set a path such as `orders[0].state` in an object, as setData does. */
function put(data, where, value) {
  const steps = where.match(/[^.[\]]+/g);
  const last = steps.pop();
  let at = data;
  steps.forEach((step, index) => {
    const next = steps[index + 1] ?? last;
    if (at[step] === null || typeof at[step] !== 'object') at[step] = /^\d+$/.test(next) ? [] : {};
    at = at[step];
  });
  at[last] = value;
}

/** The server that `wx.request` reaches: answers are given by `'GET /api/visitor/vehicles/'`; anything else is an error of the test. */
class Server {
  constructor() {
    this.requests = [];
    this.routes = new Map();
    this.offline = false;
  }

  /** Answer a route with a body, `{status, body}`, or a function of the request that gives one of these. */
  on(route, answer) {
    this.routes.set(route, answer);
    return this;
  }

  /** The requests so far of one route. */
  asked(route) {
    return this.requests.filter((request) => request.route === route);
  }

  async answer(options) {
    const address = new URL(options.url);
    const method = options.method ?? 'GET';
    const route = `${method} ${address.pathname}`;
    const query = { ...Object.fromEntries(address.searchParams), ...(method === 'GET' ? options.data : undefined) };
    const request = { route, query, body: options.data, headers: options.header ?? {} };
    this.requests.push(request);
    if (this.offline) throw new Error('');
    if (!this.routes.has(route)) throw new Error(`the test's server knows no ${route}`);
    const given = this.routes.get(route);
    const answer = typeof given === 'function' ? await given(request) : given;
    const { status, body } = answer && typeof answer.status === 'number' && 'body' in answer ? answer : { status: 200, body: answer };
    return { statusCode: status, data: JSON.parse(JSON.stringify(body ?? '')), header: {} };
  }
}

/** All behaviours of a definition, the deepest first. */
function behaviours(definition) {
  return (definition.behaviors ?? []).flatMap((one) => [...behaviours(one), one]);
}

// Behind a symbol: a page may have methods of these names itself.
const LIFE = Symbol('life');

/** One page or component, alive: `data`, `setData`, its methods, and the events it triggered in `events`. */
function instance(definition, { properties = {}, isPage, route }) {
  const parts = [...behaviours(definition), definition];
  const self = { route, is: route, events: [], data: {}, options: {} };
  for (const part of parts) {
    Object.assign(self.data, structuredClone(part.data ?? {}));
    for (const [name, about] of Object.entries(part.properties ?? {})) self.data[name] = initial(about);
    Object.assign(self, part.methods);
    if (isPage) for (const [name, value] of Object.entries(part)) if (typeof value === 'function') self[name] = value;
  }
  if (isPage) for (const [name, value] of Object.entries(definition)) if (!['data', 'behaviors'].includes(name)) self[name] ??= value;
  self.properties = self.data;
  const observers = parts.flatMap((part) => Object.entries(part.observers ?? {}));
  const watched = parts.flatMap((part) => Object.entries(part.properties ?? {}));
  self.setData = (changes, then) => {
    for (const [where, value] of Object.entries(changes)) put(self.data, where, value === undefined ? undefined : structuredClone(value));
    notify(self, observers, Object.keys(changes));
    then?.call(self);
  };
  self.triggerEvent = (name, detail) => self.events.push({ name, detail });
  self.selectComponent = () => null;
  self.createSelectorQuery = () => globalThis.wx.createSelectorQuery();
  self[LIFE] = {
    live: (name) => parts.forEach((part) => (part.lifetimes?.[name] ?? (isPage ? undefined : part[name]))?.call(self)),
    show: () => parts.forEach((part) => part.pageLifetimes?.show?.call(self)),
  };
  self[LIFE].live('created');
  Object.assign(self.data, structuredClone(properties));
  notify(self, observers, Object.keys(properties));
  for (const [name, about] of watched) if (name in properties) observer(self, about)?.call(self, self.data[name], initial(about));
  self[LIFE].live('attached');
  return self;
}

function initial(about) {
  if (about && typeof about === 'object' && 'value' in about) return structuredClone(about.value);
  const type = about && typeof about === 'object' ? about.type : about;
  return new Map([[String, ''], [Number, 0], [Boolean, false], [Array, []]]).get(type) ?? null;
}

function observer(self, about) {
  const named = about?.observer;
  return typeof named === 'string' ? self[named] : named;
}

/** Call the observers whose fields were touched: `'a, b.c'`, `'a.**'`, `'**'`. */
function notify(self, observers, touched) {
  const heads = touched.map((where) => where.match(/^[^.[]+/)[0]);
  for (const [fields, then] of observers) {
    const names = fields.split(',').map((field) => field.trim());
    if (names.some((name) => name === '**' || heads.includes(name.match(/^[^.[]+/)[0]))) {
      const values = names.map((name) => name.replace('.**', '').split('.').reduce((at, step) => (step === '**' ? at : at?.[step]), self.data));
      (typeof then === 'string' ? self[then] : then).call(self, ...values);
    }
  }
}

class Device {
  /** A new phone with nothing in its storage; it replaces the one before in the globals that the mini-program's sources use. */
  constructor() {
    Object.assign(this, fakeWx());
    this.server = new Server();
    this.answers.request = (options) => this.server.answer(options);
    this.pages = [];
    this.application = { globalData: {} };
    for (const file of Object.keys(require.cache)) if (file.startsWith(ROOT)) delete require.cache[file];
    const capture = (kind) => (definition) => (this.captured = { kind, definition });
    Object.assign(globalThis, {
      wx: this.wx,
      App: capture('App'),
      Page: capture('Page'),
      Component: capture('Component'),
      Behavior: (definition) => definition,
      getApp: () => this.application,
      getCurrentPages: () => this.pages,
    });
  }

  /** A module of the mini-program: `device.require('lib/format')`. */
  require(name) {
    return require(path.join(ROOT, name));
  }

  /** app.js, launched with these options. */
  launch(options = { path: 'pages/index/index', query: {}, scene: 1001 }) {
    this.require('app.js');
    this.application = Object.assign({ globalData: {} }, this.captured.definition);
    this.application.onLaunch?.(options);
    this.application.onShow?.(options);
    return this.application;
  }

  /** Open a page: `device.page('pages/orders/index', {id: '1'})` has been through onLoad, onShow and onReady. */
  page(route, query = {}) {
    this.require(`${route}.js`);
    const { kind, definition } = this.captured;
    const page = instance(definition, { isPage: kind === 'Page', route, properties: kind === 'Component' ? query : {} });
    page.options = query;
    this.pages.push(page);
    page.onLoad?.(query);
    page[LIFE].show();
    page.onShow?.();
    page[LIFE].live('ready');
    page.onReady?.();
    return page;
  }

  /** A component with these properties, attached. */
  component(route, properties = {}) {
    this.require(`${route}.js`);
    const component = instance(this.captured.definition, { properties, route });
    component[LIFE].live('ready');
    return component;
  }

  /** The tap of a finger on an element with this `data-…`, as its handler gets it. */
  tap(page, handler, dataset = {}, detail = {}) {
    const target = { dataset, id: '' };
    return page[handler]({ type: 'tap', currentTarget: target, target, detail, mark: {} });
  }

  /** Everything that only waits for promises has happened. */
  async settled() {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => realImmediate(resolve));
  }
}

// A test may put mock timers in its place.
const realImmediate = setImmediate;

/** Whether this source of the mini-program is there. */
const exists = (name) => fs.existsSync(path.join(ROOT, name));

/** The page of this component came into sight. */
const appear = (component) => component[LIFE].show();

module.exports = { Device, Server, ROOT, appear, exists, fails };
