/** The line for a car that somebody else holds, on the car's own page: her place in it, her turn and its countdown, the way in and out. */

const api = require('../../lib/api');
const format = require('../../lib/format');
const prompts = require('../../lib/prompts');
const { fill, texts } = require('../../texts/index');
const { begin, left } = require('../orders/countdown');
const waiting = require('../orders/waiting');

/** While she waits, the page asks for news so often; when her time is up, more often. */
const PAUSE_MS = 15000;
const HANDING_MS = 2000;

/**
 * @param {any} line as the server tells it
 * @param {any} place hers, or null
 * @param {number} seconds left of her offer
 */
function lineView(line, place, seconds) {
  const t = texts('waiting');
  const rules = t.sheet.rules.map(({ label, text }) => ({ label, text: fill(text, { minutes: line.offer_minutes, most: line.most_per_customer }) }));
  const standing = place ? waiting.standingOf(place, seconds) : '';
  const said = place ? waiting.words(place, seconds) : null;
  return {
    rules,
    standing,
    isTurn: standing === 'offered',
    isIn: Boolean(place),
    left: fill(t.bar.left, { time: format.countdown(seconds) }),
    title: said ? said.title : '',
    text: said ? said.text : fill(line.waiting ? texts('vehicle').status.reservedLine : texts('vehicle').status.reserved, { count: line.waiting }),
    ahead: line.waiting ? fill(t.bar.ahead, { count: line.waiting }) : t.bar.nobody,
    place: place ? fill(t.bar.place, place) : '',
    position: place ? fill(t.sheet.place, place) : '',
  };
}

/** What the page of one car needs to show its line, to be spread into it. */
const lining = () => ({
  /** Nobody ticks or asks while she looks at something else. */
  isShown: false,
  lineKnown: /** @type {any} */ (null),
  place: /** @type {any} */ (null),
  offer: begin(0),
  lineTimer: /** @type {any} */ (null),
  lineTicker: /** @type {any} */ (null),

  /**
   * Asks for the line of a car and her place in it. Without an answer the page says only that the car is held.
   * @this {any}
   * @param {any} car as the server told it
   */
  async loadLine(car) {
    try {
      const asked = [api.get(`/visitor/waiting-list/${car.id}`), this.data.single ? null : waiting.placeFor(car.id).catch(() => this.place)];
      const [line, place] = await Promise.all(asked);
      if (this.told !== car) return;
      // Between two answers somebody may have let the car go.
      if (!line.is_open) return;
      this.lineKnown = line;
      this.place = place;
      this.offer = begin(place ? place.offer_ends_in_seconds : 0);
      this.drawLine();
    } catch {
      if (this.told === car && !this.lineKnown) this.setData({ line: null });
    }
  },

  /** @this {any} */
  drawLine() {
    const line = lineView(this.lineKnown, this.place, left(this.offer));
    this.setData({ line });
    this.leaveLineAlone();
    if (!this.place || !this.isShown) return;
    if (line.isTurn) this.lineTicker = setInterval(() => this.tickLine(), 1000);
    this.lineTimer = setTimeout(() => this.load(), line.standing === 'handing' ? HANDING_MS : PAUSE_MS);
  },

  /** @this {any} */
  tickLine() {
    const line = lineView(this.lineKnown, this.place, left(this.offer));
    if (line.isTurn) return this.setData({ line });
    return this.drawLine();
  },

  /** @this {any} */
  leaveLineAlone() {
    clearInterval(this.lineTicker);
    clearTimeout(this.lineTimer);
  },

  /** The car is on sale, or hers, or gone. @this {any} */
  noLine() {
    this.leaveLineAlone();
    this.lineKnown = null;
    this.place = null;
    if (this.data.line) this.setData({ line: null, sheet: this.data.sheet === 'line' ? '' : this.data.sheet });
  },

  /** @this {any} */
  openLine() {
    this.setData({ sheet: 'line' });
  },

  /** @this {any} */
  async joinLine() {
    if (this.data.joining) return;
    this.setData({ joining: true });
    try {
      const place = await waiting.join(this.vehicleId);
      this.setData({ sheet: '' });
      prompts.toast(fill(texts('waiting').sheet.joined, place));
    } catch (error) {
      this.setData({ sheet: '' });
      prompts.fail(error);
    }
    this.setData({ joining: false });
    await this.load();
  },

  /** @this {any} */
  async leaveLine() {
    if (!this.place || !(await waiting.leave(this.place))) return;
    this.setData({ sheet: '' });
    await this.load();
  },
});

module.exports = { lineView, lining };
