/** The whole `wx` object of a phone. What is not simulated is undefined, as on an old WeChat, and is named once in the log. */
import { canvasApis } from './canvas.js'
import { deviceApis } from './device.js'
import { createFiles, fileApis } from './files.js'
import { createGesture } from './gesture.js'
import { interfaceApis } from './interface.js'
import { lifecycleApis } from './lifecycle.js'
import { locationApis } from './location.js'
import { loginApis } from './login.js'
import { mediaApis } from './media.js'
import { navigateApis } from './navigate.js'
import { paymentApis } from './payment.js'
import { createPermissions } from './permissions.js'
import { createPrivacy } from './privacy.js'
import { requestApis } from './request.js'
import { selectorApis } from './selectors.js'
import { shareApis } from './share.js'
import { storageApis } from './storage.js'
import { subscribeApis } from './subscribe.js'

/** @param {any} phone made by the engine, with its router, shell and program in place */
export function createWx(phone) {
  const gesture = createGesture()
  const files = createFiles(phone)
  const privacy = createPrivacy(phone)
  const permissions = createPermissions(phone, privacy, gesture)
  const apis = {
    ...requestApis(phone, files),
    ...fileApis(phone, files),
    ...loginApis(phone, privacy),
    ...storageApis(phone),
    ...privacy.apis,
    ...permissions.apis,
    ...locationApis(phone, privacy, permissions),
    ...navigateApis(phone),
    ...interfaceApis(phone),
    ...paymentApis(phone, gesture),
    ...subscribeApis(phone, gesture),
    ...shareApis(phone),
    ...mediaApis(phone, { files, privacy, permissions }),
    ...canvasApis(phone, files),
    ...selectorApis(phone),
    ...deviceApis(phone, privacy),
    ...lifecycleApis(phone),
    canIUse: (schema) => schema.split('.')[0] in apis || /^(button|canvas|input|map)(\.|$)/.test(schema),
  }
  const missed = new Set()
  return new Proxy(apis, {
    get(target, name) {
      if (name in target || typeof name === 'symbol' || missed.has(name)) return target[name]
      missed.add(name)
      phone.log('warning', { message: `wx.${name} is not simulated` })
      return undefined
    },
  })
}
