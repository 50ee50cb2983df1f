/** How every API of `wx` answers: by callbacks, or by a promise when none is given, with WeChat's `errMsg`. */

/** What an API throws when WeChat would say no: the words behind `fail`, and numbers beside them. */
export class Refusal extends Error {
  /** @param {string} reason @param {{errCode?: number, errno?: number}} [numbers] */
  constructor(reason, numbers = {}) {
    super(reason)
    this.numbers = numbers
  }
}

/** WeChat opens a page from Moments without a person: these do not work there. */
const NOT_IN_SINGLE_PAGE = new Set([
  'login', 'checkSession', 'authorize', 'getSetting', 'openSetting', 'requestPayment', 'requestSubscribeMessage', 'requirePrivacyAuthorize',
  'getLocation', 'getFuzzyLocation', 'chooseLocation', 'openLocation', 'navigateTo', 'redirectTo', 'switchTab', 'reLaunch', 'navigateBack',
  'showShareMenu', 'hideShareMenu', 'updateShareMenu', 'setNavigationBarTitle', 'setNavigationBarColor', 'showNavigationBarLoading',
  'hideNavigationBarLoading', 'makePhoneCall', 'saveImageToPhotosAlbum', 'previewImage',
])

/** Run a listener of the mini-program; what it throws is told to its app, and stops nobody else. */
export function safely(phone, listener, ...given) {
  try {
    return listener?.(...given)
  } catch (error) {
    phone.log('error', { message: error?.message ?? String(error), stack: error?.stack })
    phone.emit('error', error)
    return undefined
  }
}

/**
 * Turn plain functions into APIs. Each takes the options and returns (a promise of) what the answer holds besides `errMsg`,
 * or throws a `Refusal`.
 *
 * @param {any} phone
 * @param {Record<string, (options: any) => any>} functions
 */
export function asynchronous(phone, functions) {
  return Object.fromEntries(Object.entries(functions).map(([name, run]) => [name, (options = {}) => {
    const outcome = answer(phone, name, run, options)
    if (!options.success && !options.fail && !options.complete) {
      return outcome.then(({ ok, result }) => (ok ? result : Promise.reject(result)))
    }
    outcome.then(({ ok, result }) => {
      safely(phone, ok ? options.success : options.fail, result)
      safely(phone, options.complete, result)
    })
    return undefined
  }]))
}

async function answer(phone, name, run, options) {
  try {
    if (phone.isSinglePage && NOT_IN_SINGLE_PAGE.has(name)) throw new Refusal('not supported in single page mode')
    const result = { ...(await run(options)), errMsg: `${name}:ok` }
    phone.log('wx', { api: name })
    return { ok: true, result }
  } catch (error) {
    const result = refused(name, error)
    phone.log('wx', { api: name, error: result.errMsg })
    if (!(error instanceof Refusal) && !error?.errMsg) phone.log('error', { message: `wx.${name}: ${error?.message ?? error}`, stack: error?.stack })
    return { ok: false, result }
  }
}

/** The router speaks WeChat's words itself. */
function refused(name, error) {
  if (error?.errMsg) return { ...error }
  return { errMsg: `${name}:fail${error?.message ? ` ${error.message}` : ''}`, ...(error instanceof Refusal ? error.numbers : {}) }
}

/** A list of listeners, emptied when the mini-program starts anew. `on` and `off` are what `wx` hands out. */
export function listeners(phone) {
  const list = new Set()
  phone.on('launch', () => list.clear())
  return {
    on: (listener) => { list.add(listener) },
    off: (listener) => { listener ? list.delete(listener) : list.clear() },
    tell: (...given) => [...list].forEach((listener) => safely(phone, listener, ...given)),
  }
}
