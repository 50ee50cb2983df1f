/** How often the server is asked whether the money has arrived, and what she is told meanwhile. */

/** Every second at first, when the answer is likely; then less and less often, but never given up. */
const PAUSES = [
  { below: 10, ms: 1000 },
  { below: 20, ms: 2000 },
  { below: 30, ms: 5000 },
];
const SLOWEST_MS = 15000;

/**
 * The pause before the next look.
 * @param {number} looks how many there were
 */
function pause(looks) {
  const found = PAUSES.find(({ below }) => looks < below);
  return found ? found.ms : SLOWEST_MS;
}

/**
 * Which of the texts in `reserve.result.pending` fits.
 * @param {number} looks
 * @returns {'early' | 'slow' | 'late'}
 */
function phase(looks) {
  if (looks < 6) return 'early';
  return looks < 20 ? 'slow' : 'late';
}

module.exports = { pause, phase };
