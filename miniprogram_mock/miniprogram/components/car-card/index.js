/** A car in a list, as the search tells it; `compact` for a row that is swiped sideways. */

const format = require('../../lib/format');
const { texts, fill } = require('../../texts/index');

/**
 * The lines of a card.
 * @param {any} car as in a list
 * @param {boolean} isCompact
 */
function lines(car, isCompact) {
  const { car: t } = texts('common');
  const age = car.condition.key === 'new' ? '' : format.kilometres(car.odometer_km);
  const facts = [fill(t.year, { year: car.model_year }), age, car.exterior_color && car.exterior_color.label, car.energy && car.energy.label];
  const isCheaper = car.guide_price_fen && car.guide_price_fen > car.price_fen;
  const where = car.distance_m === null ? [car.store.name] : [car.store.city, format.distance(car.distance_m)];
  return {
    facts: facts.filter(Boolean).slice(0, isCompact ? 2 : 4).join(' · '),
    price: format.yuan(car.price_fen),
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
  },
  data: { line: {} },
  observers: {
    'car, compact'(car, compact) {
      if (car) this.setData({ line: lines(car, compact) });
    },
  },
  methods: {
    open() {
      /** @type {any} */
      const car = this.data.car;
      this.triggerEvent('open', { id: car.id, car });
    },
  },
});
