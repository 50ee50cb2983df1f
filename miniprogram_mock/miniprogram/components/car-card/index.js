/** A car in a list, as the search tells it; `compact` for a row that is swiped sideways, `plain` for one without a heart. */

const compare = require('../../lib/compare');
const config = require('../../config');
const favourites = require('../../lib/favourites');
const format = require('../../lib/format');
const launch = require('../../lib/launch');
const prompts = require('../../lib/prompts');
const { texts, fill } = require('../../texts/index');

const { car: t } = texts('common');

/**
 * What stands on the picture: the first of what matters most to know.
 * @param {any} car as in a list
 */
function mark(car) {
  if (car.status.key === 'reserved') return { mark: car.status.label, tone: 'reserved' };
  if (car.status.key !== 'listed') return { mark: car.status.label, tone: 'reserved' };
  if (car.reduced_fen) return { mark: fill(t.dropped, { amount: format.yuan(car.reduced_fen) }), tone: 'dropped' };
  return { mark: car.condition.label, tone: 'plain' };
}

/**
 * The lines of a card.
 * @param {any} car as in a list
 * @param {boolean} isCompact
 */
function lines(car, isCompact) {
  const age = car.condition.key === 'new' ? '' : format.kilometres(car.odometer_km);
  const { tone } = mark(car);
  const condition = tone === 'plain' ? '' : car.condition.label;
  const facts = [condition, fill(t.year, { year: car.model_year }), age, car.exterior_color && car.exterior_color.label, car.energy && car.energy.label];
  const isCheaper = car.guide_price_fen && car.guide_price_fen > car.price_fen;
  const where = car.distance_m === null ? [car.store.name] : [car.store.city, format.distance(car.distance_m)];
  return {
    ...mark(car),
    facts: facts.filter(Boolean).slice(0, isCompact ? 2 : 4).join(' · '),
    price: format.yuan(car.price_fen),
    monthly: car.monthly_fen ? fill(t.monthly, { amount: format.yuan(Math.ceil(car.monthly_fen / 100) * 100) }) : '',
    guide: isCheaper ? fill(t.guide_price, { price: format.wan(car.guide_price_fen) }) : '',
    where: where.filter(Boolean).join(' · '),
    label: fill(t.open, { title: car.title, price: format.yuan(car.price_fen) }),
    alt: fill(t.photo, { title: car.title }),
  };
}

Component({
  properties: {
    car: { type: Object, value: null },
    compact: { type: Boolean, value: false },
    plain: { type: Boolean, value: false },
  },
  data: { line: {}, t, isLiked: false, isPicked: false, single: false },
  observers: {
    'car, compact'(car, compact) {
      if (!car) return;
      this.setData({ line: lines(car, compact) });
      this.follow();
    },
  },
  lifetimes: {
    attached() {
      this.setData({ single: launch.isSinglePage() });
      /** @type {any} */
      const own = this;
      own.stop = [favourites.onChange(() => this.follow()), compare.onChange(() => this.follow())];
    },
    detached() {
      /** @type {any} */ (this).stop.forEach((/** @type {() => void} */ stop) => stop());
    },
  },
  methods: {
    follow() {
      /** @type {any} */
      const { car, isLiked, isPicked } = this.data;
      if (!car) return;
      const now = { isLiked: favourites.has(car.id), isPicked: compare.has(car.id) };
      if (now.isLiked !== isLiked || now.isPicked !== isPicked) this.setData(now);
    },

    like() {
      favourites.toggle(/** @type {any} */ (this.data.car).id);
    },

    pick() {
      /** @type {any} */
      const { car } = this.data;
      if (!compare.toggle(car)) prompts.toast(fill(texts('common').compare.full, { count: config.comparedCars }));
    },

    open() {
      /** @type {any} */
      const car = this.data.car;
      this.triggerEvent('open', { id: car.id, car });
    },
  },
});
