/** What a page shows when it has nothing to show yet: its bones while loading, then words and a way out. Ready, it shows its slot. */

const { texts } = require('../../texts/index');

/** After this long she is told that it takes longer. */
const SLOW_MS = 3000;

const ICONS = { empty: 'search', error: 'alert', offline: 'offline' };

Component({
  options: { multipleSlots: true },
  properties: {
    state: { type: String, value: 'loading' },
    text: { type: String, value: '' },
    actionText: { type: String, value: '' },
    /** The icon of the empty state. */
    icon: { type: String, value: '' },
    /** How many bones: `cards`, `rows`, `detail`, or `none` when the page draws its own in the slot `bones`. */
    bones: { type: String, value: 'rows' },
  },
  data: { slow: false, words: '', action: '', symbol: '', t: texts('common') },
  observers: {
    'state, text, actionText, icon'(state) {
      const { states, actions } = texts('common');
      const isFailure = state === 'error' || state === 'offline';
      this.setData({
        words: this.data.text || states[/** @type {'empty'} */ (state)] || '',
        action: this.data.actionText || (isFailure ? actions.retry : ''),
        symbol: (state === 'empty' && this.data.icon) || ICONS[/** @type {'empty'} */ (state)] || '',
      });
      this.watch(state);
    },
  },
  lifetimes: {
    attached() {
      this.watch(this.data.state);
    },
    detached() {
      clearTimeout(/** @type {any} */ (this).timer);
    },
  },
  methods: {
    /** @param {string} state */
    watch(state) {
      /** @type {any} */
      const own = this;
      if (state !== 'loading') {
        clearTimeout(own.timer);
        own.timer = null;
        if (this.data.slow) this.setData({ slow: false });
      } else if (!own.timer) {
        own.timer = setTimeout(() => this.setData({ slow: true }), SLOW_MS);
      }
    },
    retry() {
      this.triggerEvent('retry');
    },
  },
});
