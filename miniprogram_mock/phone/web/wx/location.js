/** Where the phone is, after privacy and permission; places shown and chosen on WeChat's own map. */
import { Refusal, asynchronous } from './call.js'
import { toWgs84 } from './wgs84.js'

const ACCURACY_M = 30
const FUZZY_DIGITS = 2

export function locationApis(phone, privacy, permissions) {
  /** Everything that stands before a place: declared in app.json, the guide agreed to, the permission given. */
  async function allowed(name, scope) {
    if (!phone.program.config.requiredPrivateInfos?.includes(name)) {
      throw new Refusal('the api need to be declared in the requiredPrivateInfos field in app.json/ext.json')
    }
    await privacy.ensure(name)
    if (scope) await permissions.need(scope)
    if (!phone.settings.place || phone.settings.locationFails) throw new Refusal('ERROR_NOCELL&WIFI_LOCATIONSWITCHOFF', { errCode: 2 })
    return phone.settings.place
  }

  return asynchronous(phone, {
    async getLocation({ type = 'wgs84' }) {
      const place = await allowed('getLocation', 'scope.userLocation')
      const point = type === 'gcj02' ? place : toWgs84(place)
      return { latitude: point.latitude, longitude: point.longitude, speed: -1, accuracy: ACCURACY_M, altitude: 0, verticalAccuracy: 0, horizontalAccuracy: ACCURACY_M }
    },
    async getFuzzyLocation({ type = 'wgs84' }) {
      const place = await allowed('getFuzzyLocation', 'scope.userFuzzyLocation')
      const { latitude, longitude } = type === 'gcj02' ? place : toWgs84(place)
      return { latitude: Number(latitude.toFixed(FUZZY_DIGITS)), longitude: Number(longitude.toFixed(FUZZY_DIGITS)) }
    },
    async chooseLocation({ latitude, longitude } = {}) {
      const here = await allowed('chooseLocation')
      const around = latitude === undefined ? here : { latitude, longitude, name: here.name }
      const chosen = await phone.shell.chooseLocation([{ ...around, name: around.name || `${around.latitude}, ${around.longitude}`, address: around.name ?? '' }])
      if (!chosen) throw new Refusal('cancel')
      const { name, address, latitude: lat, longitude: lng } = chosen
      return { name, address, latitude: lat, longitude: lng }
    },
    openLocation(place) {
      if (!Number.isFinite(place.latitude) || !Number.isFinite(place.longitude)) throw new Refusal('invalid coordinate')
      phone.shell.openLocation(place)
    },
  })
}
