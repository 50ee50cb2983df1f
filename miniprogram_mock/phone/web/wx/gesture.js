/** Whether a finger is behind what is happening: some APIs may only be called from a tap. */

const FINGERS = ['touchend', 'pointerup', 'mouseup', 'click']

export function createGesture() {
  let open = false
  // The mini-program's handlers, and promises that are already settled, run before the next task.
  const begin = () => {
    open = true
    setTimeout(() => { open = false }, 0)
  }
  for (const name of FINGERS) window.addEventListener(name, begin, { capture: true })
  return {
    get isOpen() {
      return open
    },
    /** As after a payment, whose callback counts as a tap. */
    grant: begin,
  }
}
