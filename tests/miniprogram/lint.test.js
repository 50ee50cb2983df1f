/** Each of the house's rules for the mini-program finds a planted breach, in its file and on its line. */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const { lint } = require('../../dev/miniprogram_lint');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'miniprogram-'));
after(() => fs.rmSync(folder, { recursive: true }));
let number = 0;

const LIGHT = '--ink: #111111; --ink-2: #333333; --ink-3: #555555; --accent: #7a3b12; --accent-ink: #ffffff; --ok: #1a5a2a;\n --warn: #6a4a00; --danger: #8a1a1a; --paper: #ffffff; --paper-2: #f7f5f0;';
const DARK = '--ink: #f5f5f5; --ink-2: #dddddd; --ink-3: #bbbbbb; --accent: #e0a070; --accent-ink: #111111; --ok: #8ad09a; --warn: #e0c070;\n --danger: #f09a9a; --paper: #111111; --paper-2: #1c1c1c;';

/** A small mini-program without a breach; `changes` replaces files of it, and null takes one away. */
function program(changes = {}) {
  const files = {
    'app.json': JSON.stringify({
      pages: ['pages/home/index'],
      subPackages: [{ root: 'packages/more', pages: ['page'] }],
      requiredPrivateInfos: ['getLocation'],
      permission: { 'scope.userLocation': { desc: '用于排列车辆' } },
      __usePrivacyCheck__: true,
      tabBar: { list: [{ pagePath: 'pages/home/index', text: '首页' }] },
    }),
    'app.wxss': `page {\n ${LIGHT}\n}\n@media (prefers-color-scheme: dark) {\n page {\n ${DARK}\n }\n}\n`,
    'texts/index.js': "const all = { home: require('./zh-CN/home') };\nmodule.exports = { texts: (name) => all[name] };",
    'texts/zh-CN/home.js': "module.exports = {\n  title: '你好',\n  card: { open: '打开' },\n  spoken: '已定位',\n};",
    'pages/home/index.json': '{"usingComponents": {"my-card": "/components/card/index"}}',
    'pages/home/index.wxss': '.a .b:not(.c)::after { color: var(--ink); font-size: 24rpx; }\n',
    'pages/home/index.js':
      "const { texts } = require('../../texts/index');\nconst t = texts('home');\nPage({\n  data: { t, list: [] },\n  go() {\n    wx.navigateTo({ url: '/packages/more/page' });\n  },\n"
      + "  locate() {\n    wx.getLocation({ type: 'gcj02', success: () => console.log(t.spoken) });\n  },\n});\n",
    'pages/home/index.wxml':
      '<view class="a">\n  <text>{{t.title}}</text>\n  <my-card wx:for="{{list}}" wx:key="id" car="{{item}}" bind:open="go" />\n  <button bind:tap="locate">{{t.card.open}}</button>\n</view>\n',
    'components/card/index.json': '{"component": true}',
    'components/card/index.wxss': ':host { display: block; }\n.b { color: red; }\n',
    'components/card/index.js': "Component({ properties: { car: Object }, methods: { tapped() { this.triggerEvent('open'); } } });",
    'components/card/index.wxml': '<view aria-role="button" bind:tap="tapped">{{car.name}}<image aria-hidden="true" src="a.png" /></view>',
    'packages/more/page.json': '{}',
    'packages/more/page.wxss': '',
    'packages/more/page.js': 'Page({});',
    'packages/more/page.wxml': '<view />',
    ...changes,
  };
  const root = path.join(folder, String((number += 1)));
  for (const [name, text] of Object.entries(files)) {
    if (text === null) continue;
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  return root;
}

const PHONE = path.join(folder, 'wx');
fs.mkdirSync(PHONE);
fs.writeFileSync(path.join(PHONE, 'all.js'), 'export const apis = { navigateTo() {}, getLocation() {} } // chooseMedia is not simulated');

const breaches = (changes) => lint(program(changes), { phone: PHONE }).map(({ file, line, message }) => `${file}:${line}: ${message}`);

/** The page's template with `row` put in as its second line. */
const template = (row) => ({ 'pages/home/index.wxml': program.wxml.replace('\n', `\n${row}\n`) });
program.wxml = fs.readFileSync(path.join(program(), 'pages/home/index.wxml'), 'utf8');
program.js = fs.readFileSync(path.join(folder, '1/pages/home/index.js'), 'utf8');
program.app = JSON.parse(fs.readFileSync(path.join(folder, '1/app.json'), 'utf8'));
const script = (row) => ({ 'pages/home/index.js': `${row}\n${program.js}` });
const app = (changes) => ({ 'app.json': JSON.stringify({ ...program.app, ...changes }) });

test('a mini-program that keeps the rules has no breach', () => {
  assert.deepEqual(breaches(), []);
});

const HOME = 'pages/home/index';
const PLANTED = [
  ['an old way to bind an event', template('<button bindtap="go">x</button>'), `${HOME}.wxml:2: bindtap: events are bound as bind:… or catch:…`],
  ['a capturing event', template('<button capture-bind:tap="go">x</button>'), `${HOME}.wxml:2: capture-bind:tap: events are bound as bind:… or catch:…`],
  ['a handler that is not there', template('<button\n bind:tap="gone">x</button>'), `${HOME}.wxml:3: bind:tap="gone": ${HOME}.js has no gone`],
  ['a handler that is an expression', template('<button bind:tap="{{a}}">x</button>'), `${HOME}.wxml:2: bind:tap="{{a}}": a handler is a name, not an expression`],
  ['an event nobody triggers', template('<my-card bind:opened="go" />'), `${HOME}.wxml:2: bind:opened: components/card/index.js never triggers opened`],
  ['a property nobody has', template('<my-card vehicle="{{a}}" />'), `${HOME}.wxml:2: <my-card vehicle>: components/card/index.js has no such property`],
  ['a component nobody declared', template('<your-card />'), `${HOME}.wxml:2: <your-card> is neither WeChat's nor declared in usingComponents`],
  ['a component that does not exist', { [`${HOME}.json`]: '{"usingComponents": {"my-card": "/components/none/index"}}' }, 'components/none/index.js:1: is missing, but components/none/index is a component in use'],
  ['a loop without a key', template('<view wx:for="{{list}}">{{item}}</view>'), `${HOME}.wxml:2: <view wx:for> has no wx:key`],
  ['Chinese in a template', template('<text>车</text>'), `${HOME}.wxml:2: “车” belongs into texts/zh-CN/`],
  ['Chinese in a source', script("const a = '选车'; // 车"), `${HOME}.js:1: “选车” belongs into texts/zh-CN/`],
  ['words that are missing', template('<text>{{a ? t.title : t.titel}}</text>'), `${HOME}.wxml:2: t.titel is not among the words of data.t`],
  ['words that nobody reads', { 'texts/zh-CN/home.js': "module.exports = {\n  title: '你好',\n  card: { open: '打开',\n    shut: '关闭' },\n  spoken: '好',\n};" }, 'texts/zh-CN/home.js:4: nobody reads card.shut'],
  ['a button that is an icon without a name', template('<button bind:tap="go"><image aria-hidden="true" src="a.png" /></button>'), `${HOME}.wxml:2: <button> can be tapped, but has neither text nor aria-label`],
  ['a view that can be tapped', template('<view bind:tap="go">x</view>'), `${HOME}.wxml:2: <view> can be tapped, but has no aria-role="button"`],
  ['a picture without a name', template('<image src="a.png" />'), `${HOME}.wxml:2: <image> has neither aria-label nor aria-hidden="true"`],
  ['a field without a name', template('<input bind:input="go" />'), `${HOME}.wxml:2: <input> has no aria-label, no placeholder and no <label> around it`],
  ['a tag in the styles of a component', { 'components/card/index.wxss': '.b { color: red; }\n@media (min-width: 1px) {\n  .b > view { color: red; }\n}' }, 'components/card/index.wxss:3: .b > view: styles go by class, not by the tag view'],
  ['an id in the styles', { [`${HOME}.wxss`]: '.a,\n#top { color: red; }' }, `${HOME}.wxss:1: #top: ids are not for styling`],
  ['text too small to read', { [`${HOME}.wxss`]: '.a {\n  font-size: 20rpx;\n}' }, `${HOME}.wxss:2: text of 20rpx; the smallest that all can read here is 24rpx`],
  ['colours too close in the dark', { 'app.wxss': `page { ${LIGHT} }\n@media (prefers-color-scheme: dark) {\n page { ${DARK.replace('#bbbbbb', '#666666')} }\n}` }, 'app.wxss:4: --ink-3 on --paper has a contrast of 3.29 in the dark theme; 4.5 is the least'],
  ['a page without its template', { 'packages/more/page.wxml': null }, 'packages/more/page.wxml:1: is missing, but packages/more/page is a page in use'],
  ['a page that breaks when it is loaded', { 'packages/more/page.js': 'Page({}); missing();' }, 'packages/more/page.js:1: cannot be loaded: missing is not defined'],
  ['a page nobody can reach', { 'pages/old/index.wxml': '<view />' }, 'pages/old/index.wxml:1: belongs to no page of app.json and to no component in use'],
  ['a way to a page that is not there', script("const a = '/pages/gone/index?id=1';"), `${HOME}.js:1: names the page pages/gone/index, which is not in app.json`],
  ['a source that is not there', script("const a = () => require('../../lib');"), `${HOME}.js:1: requires ../../lib, but there is no lib.js`],
  ['a source of a package that may not be there', script("const a = () => require('../../packages/more/page');"), `${HOME}.js:1: requires packages/more/page.js of another sub-package`],
  ['a package that is too large', { 'images/large.png': 'x'.repeat(2 * 1024 * 1024) }, 'app.json:1: the package (main) has 2.00 MB; WeChat takes 2 MB'],
  ['a tab that is no page of the main package', app({ tabBar: { list: [{ pagePath: 'packages/more/page' }] } }), 'app.json:1: the tab packages/more/page is no page of the main package'],
  ['an API that the phone does not know', script('const a = () => wx.chooseMedia({});'), `${HOME}.js:1: wx.chooseMedia is unknown to the phone in the browser`],
  ['a private API that is not declared', app({ requiredPrivateInfos: [] }), `${HOME}.js:9: wx.getLocation is not in requiredPrivateInfos of app.json`],
  ['privacy without its check', app({ __usePrivacyCheck__: false }), 'app.json:1: __usePrivacyCheck__ is not true, but privacy is touched'],
];

for (const [what, changes, breach] of PLANTED) {
  test(`found: ${what}`, () => {
    const found = breaches(changes);
    assert.ok(found.includes(breach), `not found: ${breach}\nfound: ${found.join('\n       ')}`);
  });
}

test('what is said in comments and between quotes is no breach', () => {
  const quoted = script("const a = 'wx.startRecord(), https://a.example/x'; // 车 wx.chooseMedia()\nconst b = /['\"]wx.x/; const c = a ? `${b}` : '';");
  assert.deepEqual(breaches({ ...quoted, ...template('<!-- 车 <view bindtap="x"> --><text>{{a < b ? \'t.none\' : 1}}</text>') }), []);
});
