/** The cars that wait to be compared, floating above the page; `lifted` where the page has a bar of its own below. */

const compare = require('../../lib/compare');
const config = require('../../config');
const launch = require('../../lib/launch');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const { texts, fill } = require('../../texts/index');

const t = texts('common').compare;

Component({
  properties: {
    lifted: { type: Boolean, value: false },
  },
  data: { t, cars: /** @type {compare.Picked[]} */ ([]), words: '' },
  lifetimes: {
    attached() {
      /** @type {any} */ (this).stop = compare.onChange(() => this.show());
      this.show();
    },
    detached() {
      /** @type {any} */ (this).stop();
    },
  },
  methods: {
    show() {
      const cars = launch.isSinglePage() ? [] : compare.all();
      this.setData({ cars, words: fill(t.bar, { count: cars.length, most: config.comparedCars }) });
      this.triggerEvent('change', { count: cars.length });
    },

    clear() {
      compare.clear();
    },

    go() {
      if (this.data.cars.length < 2) prompts.toast(t.one);
      else open('/packages/finds/compare');
    },
  },
});
