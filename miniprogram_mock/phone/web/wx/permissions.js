/** What she allowed the mini-program, by scope; asked once, kept, and changed in its settings. */
import { Refusal, asynchronous } from './call.js'

/** The API that a scope is for: privacy asks by API. */
const ASKED_BY = {
  'scope.userLocation': 'getLocation', 'scope.userFuzzyLocation': 'getFuzzyLocation', 'scope.writePhotosAlbum': 'saveImageToPhotosAlbum',
}

export function createPermissions(phone, privacy, gesture) {
  /** Pass when she allowed or allows it; a no is kept too, and only the settings change it. */
  async function need(scope) {
    const known = phone.settings.granted[scope]
    const allowed = known ?? (await phone.shell.permission(scope, phone.program.config.permission?.[scope]?.desc))
    if (known === undefined) phone.set('granted', { ...phone.settings.granted, [scope]: allowed })
    if (!allowed) throw new Refusal('auth deny', { errno: 103 })
  }

  const authSetting = () => ({ ...phone.settings.granted })

  /** Answers that she ticked to be kept. */
  function subscriptions() {
    const kept = Object.entries(phone.system.get('subscribe-kept', {}))
    return { mainSwitch: phone.settings.subscribe !== 'off', itemSettings: Object.fromEntries(kept.map(([id, { answer }]) => [id, answer])) }
  }

  return {
    need,
    apis: asynchronous(phone, {
      getSetting: ({ withSubscriptions }) => ({ authSetting: authSetting(), ...(withSubscriptions ? { subscriptionsSetting: subscriptions() } : {}) }),
      async openSetting({ withSubscriptions }) {
        if (!gesture.isOpen) throw new Refusal('can only be invoked by user TAP gesture.')
        await phone.shell.settings()
        return { authSetting: authSetting(), ...(withSubscriptions ? { subscriptionsSetting: subscriptions() } : {}) }
      },
      async authorize({ scope }) {
        if (!(scope in ASKED_BY)) throw new Refusal('scope is not valid')
        await privacy.ensure(ASKED_BY[scope])
        await need(scope)
      },
    }),
  }
}
