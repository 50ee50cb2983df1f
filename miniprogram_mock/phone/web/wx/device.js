/** The phone itself: its window, system, network, clipboard, calls. */
import { Refusal, asynchronous, listeners } from './call.js'
import { wechat as t } from '../texts.js'

const NETWORKS = { wifi: 'wifi', '4g': '4g', slow: '2g', offline: 'none' }
/** The base library whose behaviour this client follows. */
const SDK_VERSION = '3.7.12'
const STATUS_BAR = 44
const HOME_INDICATOR = 34
const CAPSULE = { width: 87, height: 32, right: 7, above: 4 }
const APP = { SDKVersion: SDK_VERSION, version: '8.0.53', language: 'zh_CN', enableDebug: false, fontSizeSetting: 16, fontSizeScaleFactor: 1, host: { env: 'WeChat' } }
const HARDWARE = { brand: 'browser', model: 'phone in the browser', system: 'iOS 17.5', platform: 'ios', abi: 'arm64', deviceAbi: 'arm64', benchmarkLevel: -1, memorySize: 6144, cpuType: 'browser' }

export function deviceApis(phone, privacy) {
  const network = listeners(phone)
  const theme = listeners(phone)
  const networkType = () => NETWORKS[phone.settings.network] ?? 'unknown'
  phone.on('settings', ({ name, value }) => {
    if (name === 'network') network.tell({ isConnected: networkType() !== 'none', networkType: networkType() })
    if (name === 'theme') theme.tell({ theme: value })
  })

  function getWindowInfo() {
    const { innerWidth: screenWidth, innerHeight: screenHeight, devicePixelRatio: pixelRatio } = window
    const { clientWidth: windowWidth, clientHeight: windowHeight } = phone.shell.pages
    return {
      pixelRatio, screenWidth, screenHeight, windowWidth, windowHeight, statusBarHeight: STATUS_BAR, screenTop: screenHeight - windowHeight,
      safeArea: { left: 0, right: screenWidth, top: STATUS_BAR, bottom: screenHeight - HOME_INDICATOR, width: screenWidth, height: screenHeight - HOME_INDICATOR - STATUS_BAR },
    }
  }

  const getAppBaseInfo = () => ({ ...APP, theme: phone.settings.theme })
  const getDeviceInfo = () => ({ ...HARDWARE })
  const getSystemSetting = () => ({ bluetoothEnabled: true, locationEnabled: Boolean(phone.settings.place) && !phone.settings.locationFails, wifiEnabled: phone.settings.network === 'wifi', deviceOrientation: 'portrait' })
  const getSystemInfoSync = () => ({ ...getWindowInfo(), ...getAppBaseInfo(), ...getDeviceInfo(), ...getSystemSetting() })

  return {
    getWindowInfo,
    getAppBaseInfo,
    getDeviceInfo,
    getSystemSetting,
    getSystemInfoSync,
    getAppAuthorizeSetting: () => ({ locationAuthorized: 'authorized', albumAuthorized: 'authorized', locationReducedAccuracy: false }),
    getMenuButtonBoundingClientRect() {
      const right = window.innerWidth - CAPSULE.right
      const top = STATUS_BAR + CAPSULE.above
      return { width: CAPSULE.width, height: CAPSULE.height, top, right, bottom: top + CAPSULE.height, left: right - CAPSULE.width }
    },
    onNetworkStatusChange: network.on,
    offNetworkStatusChange: network.off,
    onThemeChange: theme.on,
    offThemeChange: theme.off,
    ...asynchronous(phone, {
      getSystemInfo: getSystemInfoSync,
      getNetworkType: () => ({ networkType: networkType(), signalStrength: 0, hasSystemProxy: false, weakNet: phone.settings.network === 'slow' }),
      async makePhoneCall({ phoneNumber }) {
        if (!phoneNumber) throw new Refusal('parameter error: parameter.phoneNumber should be String')
        if (!(await phone.shell.call(phoneNumber))) throw new Refusal('cancel')
      },
      async setClipboardData({ data }) {
        await privacy.ensure('setClipboardData')
        phone.shell.copy(data)
        phone.shell.toast({ title: t.copied })
      },
      async getClipboardData() {
        await privacy.ensure('getClipboardData')
        return { data: phone.shell.copied }
      },
      vibrateShort: () => { navigator.vibrate?.(15) },
      vibrateLong: () => { navigator.vibrate?.(400) },
      getRandomValues: ({ length }) => ({ randomValues: crypto.getRandomValues(new Uint8Array(length)).buffer }),
    }),
  }
}
