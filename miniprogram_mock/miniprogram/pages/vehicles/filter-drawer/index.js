/** The drawer of filters: a draft of what she asks for, with live counts; the list changes only when she says so. */

const api = require('../../../lib/api');
const { texts, fill } = require('../../../texts/index');
const filters = require('../filters');
const { filled } = require('../price-range/bars');
const view = require('./sections');

/** Quick taps are counted once. */
const PAUSE_MS = 200;

const t = texts('list');

Component({
  properties: {
    open: { type: Boolean, value: false },
    /** What the list asks for now; the draft starts from it. */
    filters: { type: Object, value: {} },
    /** The place of the search, as lib/place gives it. */
    from: { type: Object, value: {} },
    facets: { type: Object, value: {} },
    ranges: { type: Object, value: {} },
    /** How the other conditions' cars spread over prices. @type {any} */
    histogram: { type: Array, value: [] },
    total: { type: Number, value: 0 },
  },
  data: {
    t,
    /** @type {filters.Filters} */ draft: {},
    /** @type {any[]} */ sections: [],
    /** @type {string[]} */ unfolded: [],
    least: '',
    most: '',
    priceHint: '',
    /** @type {any[]} */ bins: [],
    button: '',
    isNone: false,
    isCounting: false,
  },
  observers: {
    open(open) {
      if (open) this.begin();
    },
  },
  methods: {
    begin() {
      const { from, facets, ranges, histogram, total } = /** @type {any} */ (this.data);
      // Her city stands in the drawer as what it is to the search: a chosen city.
      const asked = /** @type {filters.Filters} */ (this.data.filters);
      const draft = filters.clean({ ...asked, city: asked.city || (from.city ? [from.city] : undefined) });
      Object.assign(this, { counted: {}, countedFor: draft });
      this.setData({ draft, unfolded: [] });
      this.told({ facets, ranges, histogram: { price: histogram }, total });
      this.typeset();
    },

    /** Busy, the server may leave the counts out: then the old ones stay. @param {{facets: any, ranges: any, histogram: any, total: number}} answer */
    told({ facets, ranges, histogram, total }) {
      /** @type {any} */
      const own = this;
      const { draft } = this.data;
      if (facets) own.counted = view.inOrder(view.settled(own.counted, own.countedFor, draft), facets);
      own.countedFor = draft;
      const { min, max } = (ranges && ranges.price) || {};
      const hint = min ? fill(t.price.found, { min: filters.inWan(min), max: filters.inWan(max) }) : '';
      const bins = histogram && histogram.price ? filled(histogram.price) : this.data.bins;
      this.setData({ button: view.buttonText(total), isNone: !total, priceHint: hint, isCounting: false, bins });
      this.arrange();
    },

    arrange() {
      const { draft, unfolded, from } = /** @type {any} */ (this.data);
      const shown = { unfolded, hasPlace: from.lat !== undefined };
      this.setData({ sections: view.sections(draft, /** @type {any} */ (this).counted, shown) });
    },

    /** The typed prices follow the draft, but not while she types. */
    typeset() {
      const { price_min_fen, price_max_fen } = this.data.draft;
      this.setData({ least: filters.inWan(price_min_fen), most: filters.inWan(price_max_fen) });
    },

    /** @param {filters.Filters} draft */
    change(draft) {
      this.setData({ draft, isCounting: true });
      this.typeset();
      this.arrange();
      /** @type {any} */
      const own = this;
      clearTimeout(own.timer);
      own.timer = setTimeout(() => this.count(), PAUSE_MS);
    },

    async count() {
      const { draft, from } = /** @type {any} */ (this.data);
      // Her city is in the draft already: without it there, she took it away.
      const { city, ...here } = from;
      try {
        const answer = await api.get('/visitor/vehicles/', { ...filters.query(draft, here), limit: 1 });
        // An answer to an older draft is passed over.
        if (draft === this.data.draft) this.told(answer);
      } catch {
        if (draft === this.data.draft) this.setData({ isCounting: false, isNone: false, button: t.filter.failed });
      }
    },

    /** @param {any} event */
    choose(event) {
      const { name, value, bound, off } = event.currentTarget.dataset;
      if (off) return;
      const { draft } = this.data;
      if (bound) this.change(filters.toggleBound(draft, filters.PRESETS[/** @type {'price'} */ (name)][Number(value)]));
      else this.change(filters.toggle(draft, name, value));
    },

    /** Her handles on the histogram. @param {any} event */
    ranged(event) {
      const { min, max } = event.detail;
      this.change(filters.clean({ ...this.data.draft, price_min_fen: min, price_max_fen: max }));
    },

    priced() {
      const draft = filters.priced(this.data.draft, this.data.least, this.data.most);
      const { price_min_fen, price_max_fen } = this.data.draft;
      if (draft.price_min_fen !== price_min_fen || draft.price_max_fen !== price_max_fen) this.change(draft);
      else this.typeset();
    },

    /** @param {any} event */
    unfold(event) {
      const { name } = event.currentTarget.dataset;
      const { unfolded } = this.data;
      this.setData({ unfolded: unfolded.includes(name) ? unfolded.filter((one) => one !== name) : [...unfolded, name] });
      this.arrange();
    },

    reset() {
      const { q } = this.data.draft;
      this.change(filters.clean({ q }));
    },

    close() {
      this.triggerEvent('close');
    },

    apply() {
      if (!this.data.isNone) this.triggerEvent('apply', { filters: this.data.draft });
    },
  },
});
