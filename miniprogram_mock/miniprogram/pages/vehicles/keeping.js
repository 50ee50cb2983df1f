/** A heart and a place in the comparison, on the page of one car: to be spread into it. */

const compare = require('../../lib/compare');
const config = require('../../config');
const favourites = require('../../lib/favourites');
const prompts = require('../../lib/prompts');
const { texts, fill } = require('../../texts/index');
const { card } = require('./detail-view');

const keeping = () => ({
  stopKeeping: () => {},

  /** Follows what she does to this car elsewhere too. @this {any} */
  keepUp() {
    const stops = [favourites.onChange(() => this.showKept()), compare.onChange(() => this.showKept())];
    this.stopKeeping = () => stops.forEach((stop) => stop());
  },

  /** @this {any} */
  showKept() {
    this.setData({ isLiked: favourites.has(this.vehicleId), isPicked: compare.has(this.vehicleId) });
  },

  /** @this {any} */
  like() {
    favourites.toggle(this.vehicleId);
  },

  /** @this {any} */
  pick() {
    if (!compare.toggle(card(this.told))) prompts.toast(fill(texts('common').compare.full, { count: config.comparedCars }));
  },
});

module.exports = { keeping };
