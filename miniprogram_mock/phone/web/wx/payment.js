/** `wx.requestPayment`: the six values, the sheet, her finger, and the simulator that checks the merchant's signature. */
import { Refusal, asynchronous } from './call.js'
import { wechat as t } from '../texts.js'

const SIX = ['timeStamp', 'nonceStr', 'package', 'signType', 'paySign']
const SLOW_MS = 5000
/** What the simulator is told beside the six values, by the wish of `phone.settings.pay`. */
const WISHES = { twice: { duplicate_notification: 2 }, lost: { lose_notification: true } }

export function paymentApis(phone, gesture) {
  /** Pay; resolves to what went wrong in words for her, or null. */
  async function work(sheet) {
    const wish = phone.settings.pay
    if (phone.settings.network === 'offline') return t.pay.network
    if (wish === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
    if (wish === 'fail') return t.pay.declined
    try {
      const { result, errMsg } = await phone.sim('POST', `/users/${phone.person.id}/pay`, { ...sheet, ...WISHES[wish] })
      return result === 'ok' ? null : errMsg.replace('requestPayment:fail ', '')
    } catch {
      return t.pay.network
    }
  }

  /** `ok` and `cancel` need no finger, for demonstrations; every other wish shows the sheet. */
  async function outcome(sheet) {
    const wish = phone.settings.pay
    if (wish === 'cancel') return 'cancel'
    if (wish === 'ok') return (await work(sheet)) ? 'fail' : 'ok'
    return phone.shell.pay(await bill(sheet), () => work(sheet))
  }

  async function bill(sheet) {
    try {
      return await phone.sim('GET', `/prepays/${encodeURIComponent(sheet.package.replace('prepay_id=', ''))}`)
    } catch {
      await phone.shell.modal({ title: t.pay.failed, content: t.pay.noOrder, showCancel: false })
      throw new Refusal(t.pay.noOrder)
    }
  }

  return asynchronous(phone, {
    async requestPayment(options) {
      const wrong = SIX.find((name) => typeof options[name] !== 'string')
      if (wrong) throw new Refusal(`parameter error: parameter.${wrong} should be String instead of ${kindOf(options[wrong])};`)
      const sheet = { appId: phone.appid, ...Object.fromEntries(SIX.map((name) => [name, options[name]])) }
      const result = await outcome(sheet)
      // The callback of a payment counts as a tap: it may ask for messages.
      gesture.grant()
      if (result === 'cancel') throw new Refusal('cancel')
      if (result === 'fail') throw new Refusal('')
    },
  })
}

const kindOf = (value) => (value === undefined ? 'Undefined' : value === null ? 'Null' : value.constructor.name)
