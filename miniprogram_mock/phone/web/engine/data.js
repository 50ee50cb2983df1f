/** What WeChat says to `setData`: the data travels to the view as text, and there is a limit to that. */
import { Component } from 'glass-easel'

const MOST = 1024 * 1024
const HEAVY = 256 * 1024

/** Look at what pages and components set. */
export function watchData(phone) {
  const set = Component.prototype.setData
  Component.prototype.setData = function setData(data) {
    const size = data ? new Blob([JSON.stringify(data)]).size : 0
    if (size > MOST) {
      phone.log('error', { message: `setData (${this.is}): ${size} bytes are more than the ${MOST} that WeChat passes on` })
      return
    }
    if (size > HEAVY) phone.log('warning', { message: `setData (${this.is}): ${size} bytes at once are slow on a phone` })
    for (const [field, value] of Object.entries(data ?? {})) {
      if (value === undefined) phone.log('warning', { message: `Setting data field "${field}" to undefined is invalid (${this.is})` })
    }
    set.call(this, data)
  }
}
