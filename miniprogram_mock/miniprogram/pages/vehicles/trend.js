/** How a price went, as a small drawing: a step for each change, as wide as the price stood. */

const format = require('../../lib/format');
const { texts, fill } = require('../../texts/index');

/** The drawing's own units. */
const WIDTH = 300;
const HEIGHT = 60;
const EDGE = 4;
/** No step is narrower, so that a price of one day is seen. */
const NARROWEST = 0.06;

/**
 * A mask for the drawing, and its ends in words; null when the price never changed.
 * @param {{price_fen: number, history: {old_price_fen: number, new_price_fen: number, changed_at: string}[]}} price the last change first
 * @param {number} [now] milliseconds since 1970
 */
function trend({ price_fen, history }, now = Date.now()) {
  if (!history.length) return null;
  const changes = [...history].reverse();
  const prices = [changes[0].old_price_fen, ...changes.map((one) => one.new_price_fen)];
  const times = changes.map((one) => new Date(one.changed_at).getTime());
  // The first price is shown for as long as the second stood: when the car came on sale is another matter.
  const first = times[0] - Math.max(1, (times[1] || now) - times[0]);
  const spans = [first, ...times].map((from, place, all) => Math.max(1, (place + 1 < all.length ? all[place + 1] : now) - from));
  const whole = spans.reduce((sum, span) => sum + span, 0);
  const shares = spans.map((span) => Math.max(NARROWEST, span / whole));
  const unit = WIDTH / shares.reduce((sum, share) => sum + share, 0);
  const [least, most] = [Math.min(...prices), Math.max(...prices)];
  const t = texts('vehicle').price;
  return {
    mask: mask(prices.map((price, place) => ({ width: shares[place] * unit, y: level(price, least, most) }))),
    label: fill(t.trend, { from: format.yuan(prices[0]), to: format.yuan(price_fen), count: history.length }),
  };
}

/**
 * @param {number} price
 * @param {number} least
 * @param {number} most
 */
const level = (price, least, most) => (most === least ? HEIGHT / 2 : EDGE + ((most - price) / (most - least)) * (HEIGHT - 2 * EDGE));

/** @param {{width: number, y: number}[]} steps */
function mask(steps) {
  let x = 0;
  const path = steps.map(({ width, y }, place) => {
    const move = place ? `V${y.toFixed(1)}` : `M0 ${y.toFixed(1)}`;
    x += width;
    return `${move}H${x.toFixed(1)}`;
  });
  const shape = `<path d='${path.join('')}' fill='none' stroke='black' stroke-width='2.5' stroke-linejoin='round'/>`;
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${WIDTH} ${HEIGHT}' preserveAspectRatio='none'>${shape}</svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(svg).replace(/'/g, '%27')}")`;
}

module.exports = { trend };
