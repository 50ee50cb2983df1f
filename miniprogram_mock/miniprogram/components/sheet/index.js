/**
 * A drawer from below; closes by its cross or by a tap beside it. A finger on its edges does not move the page behind it; that scrolling
 * beyond the end of its content does not either is up to the page: `<page-meta page-style>` is allowed nowhere else.
 */

const { texts } = require('../../texts/index');

Component({
  options: { multipleSlots: true },
  properties: {
    open: { type: Boolean, value: false },
    heading: { type: String, value: '' },
    /** Room for the whole content, for long choices; else as high as the content. */
    tall: { type: Boolean, value: false },
    hasFooter: { type: Boolean, value: false },
  },
  data: { shown: false, up: false, t: texts('common').actions },
  observers: {
    open(open) {
      if (open) {
        // Drawn below the edge first, so that it can slide up.
        this.setData({ shown: true }, () => setTimeout(() => this.data.open && this.setData({ up: true }), 30));
      } else if (this.data.shown) {
        this.setData({ up: false });
        setTimeout(() => !this.data.open && this.setData({ shown: false }), 260);
      }
    },
  },
  methods: {
    close() {
      this.triggerEvent('close');
    },
    still() {},
  },
});
