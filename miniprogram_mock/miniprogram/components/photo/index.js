/** A picture that loads when it comes near, fades in, keeps its place meanwhile, and is a quiet drawing when it is not there. */

const { absolute } = require('../../lib/http');
const { texts } = require('../../texts/index');

Component({
  properties: {
    src: { type: String, value: '' },
    alt: { type: String, value: '' },
    /** Height as a share of the width, in percent. */
    ratio: { type: Number, value: 56.25 },
    mode: { type: String, value: 'aspectFill' },
    lazy: { type: Boolean, value: true },
    radius: { type: Number, value: 0 },
    /** Too small for words: where there is no picture, its place stays empty. */
    small: { type: Boolean, value: false },
  },
  data: { url: '', loaded: false, failed: false, t: texts('common').car },
  observers: {
    src(src) {
      const url = absolute(src);
      if (url !== this.data.url) this.setData({ url, loaded: false, failed: !url });
    },
  },
  lifetimes: {
    attached() {
      if (!this.data.src) this.setData({ failed: true });
    },
  },
  methods: {
    loaded() {
      this.setData({ loaded: true });
    },
    failed() {
      this.setData({ failed: true });
    },
  },
});
