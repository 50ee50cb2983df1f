/** Who she is to the mini-program: login codes and phone-number codes, both made by the simulator. */
import { Refusal, asynchronous } from './call.js'

export function loginApis(phone, privacy) {
  /** What `<button open-type="getPhoneNumber">` tells: the event's detail. */
  phone.phoneNumber = async () => {
    try {
      await privacy.ensure('getPhoneNumber')
    } catch (refusal) {
      return { errMsg: `getPhoneNumber:fail ${refusal.message}`, ...refusal.numbers }
    }
    const given = await phone.shell.phoneNumber()
    if (given?.errno) return { errMsg: 'getPhoneNumber:fail jsapi has no quota', errno: given.errno }
    return given ? { code: given.code, errMsg: 'getPhoneNumber:ok' } : { errMsg: 'getPhoneNumber:fail user deny' }
  }
  return {
    ...asynchronous(phone, {
      async login() {
        if (phone.settings.network === 'offline') throw new Refusal('request:fail net::ERR_INTERNET_DISCONNECTED', { errno: 600001 })
        return { code: (await phone.sim('POST', `/users/${phone.person.id}/login-code`, { appid: phone.appid })).code }
      },
      checkSession: () => ({}),
    }),
    getAccountInfoSync: () => ({ miniProgram: { appId: phone.appid, envVersion: phone.settings.envVersion, version: '1.0.0' }, plugin: {} }),
  }
}
