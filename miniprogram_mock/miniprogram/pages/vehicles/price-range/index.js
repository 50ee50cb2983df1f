/** How many cars cost how much, with a handle for the least and one for the most; a handle at its end asks for nothing. */

const { texts, fill } = require('../../../texts/index');
const view = require('./bars');

const t = texts('list');

Component({
  properties: {
    /** The histogram of the search. @type {any} */
    bins: { type: Array, value: [] },
    /** Chosen bounds in fen; 0 for none. */
    min: { type: Number, value: 0 },
    max: { type: Number, value: 0 },
  },
  data: {
    t,
    /** @type {any[]} */ bars: [],
    /** Edges of the bins at which the handles stand. */
    low: 0,
    high: 1,
    left: 0,
    right: 100,
    words: '',
    lowText: '',
    highText: '',
  },
  observers: {
    'bins, min, max'() {
      // What comes from outside must not move a handle from under her finger.
      if (!(/** @type {any} */ (this).box)) this.place(view.edgesOf(this.data.bins, this.data.min, this.data.max));
    },
  },
  methods: {
    /** @param {{low: number, high: number}} edges */
    place({ low, high }) {
      const { bins } = this.data;
      const [min, max] = view.boundsOf(bins, { low, high });
      this.setData({
        ...{ low, high },
        left: (low / bins.length) * 100,
        right: (high / bins.length) * 100,
        bars: view.bars(bins, { low, high }),
        words: view.words(min, max),
        lowText: fill(t.price.least_at, { price: view.words(min, undefined) }),
        highText: fill(t.price.most_at, { price: view.words(undefined, max) }),
      });
    },

    /** The handle that is nearer to her finger follows it. @param {any} event */
    begin(event) {
      const { clientX } = event.touches[0];
      this.createSelectorQuery().select('.track').boundingClientRect((box) => {
        /** @type {any} */
        const own = this;
        own.box = box;
        const at = this.edgeAt(clientX);
        const { low, high } = this.data;
        own.handle = Math.abs(at - low) < Math.abs(at - high) || (at <= low && low === high) ? 'low' : 'high';
        this.follow(clientX);
      }).exec();
    },

    /** @param {any} event */
    move(event) {
      if (/** @type {any} */ (this).box) this.follow(event.touches[0].clientX);
    },

    end() {
      /** @type {any} */
      const own = this;
      if (!own.box) return;
      own.box = null;
      const [min, max] = view.boundsOf(this.data.bins, this.data);
      if ((min || 0) !== this.data.min || (max || 0) !== this.data.max) this.triggerEvent('change', { min, max });
    },

    /** @param {number} clientX */
    edgeAt(clientX) {
      const { left, width } = /** @type {any} */ (this).box;
      return Math.max(0, Math.min(this.data.bins.length, Math.round(((clientX - left) / width) * this.data.bins.length)));
    },

    /** @param {number} clientX */
    follow(clientX) {
      const at = this.edgeAt(clientX);
      const { low, high, bins } = this.data;
      const next = /** @type {any} */ (this).handle === 'low' ? { low: Math.min(at, high - 1), high } : { low, high: Math.max(at, low + 1) };
      if ((next.low !== low || next.high !== high) && next.low >= 0 && next.high <= bins.length) this.place(next);
    },
  },
});
