/** A countdown that starts from the server's seconds and ticks on the phone; the phone's own clock of day has no say. */

/** @typedef {{seconds: number, at: number}} Countdown */

/**
 * @param {number} seconds as the server said
 * @param {number} [now] milliseconds, only ever compared with a later `now`
 * @returns {Countdown}
 */
const begin = (seconds, now = Date.now()) => ({ seconds, at: now });

/**
 * Whole seconds left, never below 0. A clock that was set back does not make it grow.
 * @param {Countdown} countdown
 * @param {number} [now]
 */
function left(countdown, now = Date.now()) {
  const passed = Math.max(0, now - countdown.at) / 1000;
  return Math.max(0, Math.ceil(countdown.seconds - passed));
}

module.exports = { begin, left };
