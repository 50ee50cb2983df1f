/** What WeChat does to a mini-program that was left: a few seconds later its requests have ended and its timers stand still. */
import { safely } from '../wx/call.js'

const GRACE_MS = 5000

/**
 * `isFrozen`: whether it stands still. `timers`: what the mini-program's files see as setTimeout and so on.
 * `phone.emit('freeze')` tells when it begins.
 */
export function createBackground(phone) {
  const held = new Map()
  let leaving = 0
  const background = { isFrozen: false, wake, timers: createTimers() }

  phone.on('app:hide', () => {
    leaving = setTimeout(() => {
      background.isFrozen = true
      phone.emit('freeze')
    }, GRACE_MS)
  })

  /** She is back. What was due meanwhile comes after onShow, each timer once. */
  function wake() {
    clearTimeout(leaving)
    background.isFrozen = false
    for (const [id, run] of held) held.set(id, setTimeout(run, 0))
  }

  function createTimers() {
    const starter = (start) => (run, ms, ...given) => {
      const now = () => {
        held.delete(id)
        safely(phone, run, ...given)
      }
      const id = start(() => (background.isFrozen ? held.set(id, now) : now()), ms)
      return id
    }
    const stop = (id) => {
      clearTimeout(id)
      clearTimeout(held.get(id))
      held.delete(id)
    }
    return {
      setTimeout: starter((run, ms) => setTimeout(run, ms)),
      setInterval: starter((run, ms) => setInterval(run, ms)),
      clearTimeout: stop,
      clearInterval: stop,
    }
  }

  return background
}
