/**
 * WeChat's privacy rules: an API that touches personal data must be declared, and she must have agreed to the guide.
 * Numbers: 112 not declared, 104 not agreed.
 */
import { Refusal, asynchronous } from './call.js'
import { fill, wechat as t } from '../texts.js'

/** What each API touches, by the names of WeChat's privacy guide. */
const TOUCHES = {
  getLocation: 'location', getFuzzyLocation: 'location', chooseLocation: 'location', getPhoneNumber: 'phone', saveImageToPhotosAlbum: 'album',
  setClipboardData: 'clipboard', getClipboardData: 'clipboard',
}
/** What the operator declared in WeChat's console; `phone.settings.privacyDeclared` may say otherwise. */
const DECLARED = ['location', 'phone', 'album', 'clipboard']
const NOT_AGAIN_WITHIN_MS = 10_000

export function createPrivacy(phone) {
  let ask = null
  let waiting = null
  let refusedAt = -Infinity
  phone.on('launch', () => { ask = null; waiting = null })
  // A tap on the button is the agreement itself, whatever the page does afterwards.
  phone.on('privacy:agree', () => phone.set('privacyAgreed', true))

  /** Pass, or throw the refusal that WeChat gives for this API. */
  async function ensure(name) {
    const declared = phone.settings.privacyDeclared ?? DECLARED
    if (TOUCHES[name] && !declared.includes(TOUCHES[name])) throw new Refusal('api scope is not declared in the privacy agreement', { errno: 112 })
    if (phone.settings.privacyAgreed) return
    waiting ??= (ask ? own(name) : official()).finally(() => { waiting = null })
    if (!(await waiting)) throw new Refusal('privacy permission is not authorized', { errno: 104 })
  }

  /** The mini-program's own popup: it must end with a tap on its agree button, or say that she disagrees. */
  function own(name) {
    return new Promise((resolve) => {
      const answer = (/** @type {{event?: string}} */ { event } = {}) => {
        if (event === 'disagree') resolve(false)
        else if (event === 'agree' && phone.settings.privacyAgreed) resolve(true)
        else if (event === 'agree') phone.log('warning', { message: 'resolve({event: "agree"}) without a tap on <button open-type="agreePrivacyAuthorization"> counts for nothing' })
      }
      ask(answer, { referrer: name })
    })
  }

  /** WeChat's own popup does not come back at once after a no. */
  async function official() {
    if (performance.now() - refusedAt < NOT_AGAIN_WITHIN_MS) return false
    const agreed = await phone.shell.privacy()
    if (agreed) phone.set('privacyAgreed', true)
    else refusedAt = performance.now()
    return agreed
  }

  return {
    ensure,
    apis: {
      ...asynchronous(phone, {
        getPrivacySetting: () => ({ needAuthorization: !phone.settings.privacyAgreed, privacyContractName: fill(t.privacy.contract, { app: phone.shell.appName }) }),
        requirePrivacyAuthorize: () => ensure('requirePrivacyAuthorize'),
        openPrivacyContract: () => { phone.shell.privacyContract() },
      }),
      // The latest listener counts, as in WeChat.
      onNeedPrivacyAuthorization: (listener) => { ask = listener },
    },
  }
}
