/** A small fake of `wx` for unit tests: it remembers every call, answers as a healthy phone would, and can be told otherwise. */
'use strict';

const SYNCHRONOUS = {
  getAccountInfoSync: () => ({ miniProgram: { appId: 'wx0000000000000000', envVersion: 'release', version: '1.0.0' } }),
  getAppBaseInfo: () => ({ SDKVersion: '3.8.0', theme: 'light', language: 'zh_CN', host: { env: 'WeChat' } }),
  getDeviceInfo: () => ({ brand: 'test', model: 'test', platform: 'ios', system: 'iOS 18.0' }),
  getWindowInfo: () => ({ windowWidth: 375, windowHeight: 724, screenWidth: 375, screenHeight: 812, pixelRatio: 2, statusBarHeight: 44, safeArea: { top: 44, bottom: 778, left: 0, right: 375, width: 375, height: 734 } }),
  getSystemInfoSync: () => ({ windowWidth: 375, windowHeight: 724, pixelRatio: 2, platform: 'ios', SDKVersion: '3.8.0' }),
  getSystemSetting: () => ({ locationEnabled: true, wifiEnabled: true }),
  getMenuButtonBoundingClientRect: () => ({ top: 48, bottom: 80, left: 278, right: 365, width: 87, height: 32 }),
  getLaunchOptionsSync: () => ({ path: 'pages/index/index', query: {}, scene: 1001 }),
  getEnterOptionsSync: () => ({ path: 'pages/index/index', query: {}, scene: 1001 }),
  getUpdateManager: () => ({ onCheckForUpdate() {}, onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() {} }),
  canIUse: () => true,
};

/** What an API answers when a test says nothing; a name without an entry answers `{errMsg: '<name>:ok'}`. */
const ANSWERS = {
  login: () => ({ code: `code-${Math.random()}` }),
  checkSession: () => ({}),
  getLocation: () => ({ latitude: 31.2304, longitude: 121.4737, accuracy: 30 }),
  getNetworkType: () => ({ networkType: 'wifi', isConnected: true }),
  getSetting: () => ({ authSetting: {} }),
  getPrivacySetting: () => ({ needAuthorization: false, privacyContractName: '《隐私保护指引》' }),
  showModal: () => ({ confirm: true, cancel: false }),
  showActionSheet: () => ({ tapIndex: 0 }),
  requestSubscribeMessage: ({ tmplIds }) => Object.fromEntries(tmplIds.map((id) => [id, 'accept'])),
};

/** An answer that makes a call fail with this message: `answers.getLocation = fails('auth deny')`. */
function fails(reason, more = {}) {
  return () => {
    throw Object.assign(new Error(reason), { more });
  };
}

/** One call with WeChat's manners: callbacks when there are any, else a promise; never before the caller has gone on. */
function answered(name, options, answer) {
  const { success, fail, complete } = options;
  const outcome = Promise.resolve()
    .then(() => answer(options))
    .then(
      (result) => ({ ok: true, result: { errMsg: `${name}:ok`, ...result } }),
      (error) => ({ ok: false, result: { errMsg: `${name}:fail ${error.message}`, ...error.more } }),
    );
  if (success || fail || complete) {
    outcome.then(({ ok, result }) => {
      (ok ? success : fail)?.(result);
      complete?.(result);
    });
    return { abort() {}, onProgressUpdate() {} };
  }
  return outcome.then(({ ok, result }) => (ok ? result : Promise.reject(result)));
}

/** Storage as WeChat keeps it: values are copied in and out, what was never set is ''. */
function storageApis(storage) {
  const copy = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
  const get = (key) => (storage.has(key) ? copy(storage.get(key)) : '');
  return {
    sync: {
      getStorageSync: get,
      setStorageSync: (key, value) => void storage.set(key, copy(value)),
      removeStorageSync: (key) => void storage.delete(key),
      clearStorageSync: () => storage.clear(),
      getStorageInfoSync: () => ({ keys: [...storage.keys()], currentSize: 1, limitSize: 10240 }),
    },
    answers: {
      setStorage: ({ key, data }) => void storage.set(key, copy(data)),
      removeStorage: ({ key }) => void storage.delete(key),
      clearStorage: () => storage.clear(),
      getStorage: ({ key }) => {
        if (!storage.has(key)) throw new Error('data not found');
        return { data: get(key) };
      },
    },
  };
}

/** A selector query that measures nothing: every node is a box of the screen's width at the top. */
function selectorQuery() {
  const box = { top: 0, left: 0, width: 375, height: 100, right: 375, bottom: 100, scrollTop: 0 };
  const asked = [];
  const node = {
    boundingClientRect: (then) => (asked.push(then), query),
    scrollOffset: (then) => (asked.push(then), query),
    fields: (_fields, then) => (asked.push(then), query),
    node: (then) => (asked.push(then), query),
  };
  const query = {
    in: () => query,
    select: () => node,
    selectAll: () => node,
    selectViewport: () => node,
    exec: (then) => {
      asked.forEach((one) => one?.(box));
      then?.(asked.map(() => box));
    },
  };
  return query;
}

/**
 * Make a fake. `calls` is every call as `{name, options}`; `answers[name]` may be set to a function `(options) => result`
 * (or a promise, or `fails(…)`); `emit(name, …)` tells those who registered by `wx.on<Name>`.
 */
function fakeWx() {
  const calls = [];
  const storage = new Map();
  const listeners = new Map();
  const kept = storageApis(storage);
  const answers = { ...ANSWERS, ...kept.answers };
  const sync = { ...SYNCHRONOUS, ...kept.sync };
  const fixed = { env: { USER_DATA_PATH: 'wxfile://usr' }, nextTick: (then) => queueMicrotask(then), createSelectorQuery: selectorQuery };

  function listen(name) {
    const [, verb, event] = /^(on|off)([A-Z].*)$/.exec(name);
    if (!listeners.has(event)) listeners.set(event, new Set());
    return (then) => (verb === 'on' ? listeners.get(event).add(then) : then ? listeners.get(event).delete(then) : listeners.get(event).clear());
  }

  const wx = new Proxy(fixed, {
    get(_target, name) {
      if (typeof name !== 'string' || name in fixed) return fixed[name];
      if (/^(on|off)[A-Z]/.test(name)) return listen(name);
      if (name in sync)
        return (...given) => {
          calls.push({ name, options: given });
          return sync[name](...given);
        };
      return (options = {}) => {
        calls.push({ name, options });
        return answered(name, options, answers[name] ?? (() => ({})));
      };
    },
    set: (_target, name, value) => ((fixed[name] = value), true),
  });
  return {
    wx,
    calls,
    answers,
    sync,
    storage,
    called: (name) => calls.filter((call) => call.name === name).map((call) => call.options),
    emit: (event, ...given) => [...(listeners.get(event) ?? [])].forEach((then) => then(...given)),
  };
}

module.exports = { fakeWx, fails };
