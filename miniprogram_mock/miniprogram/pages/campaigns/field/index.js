/** A field of a campaign's form that she types into: its words are hers alone while she types, and told as `change`. */

Component({
  properties: {
    label: { type: String, value: '' },
    placeholder: { type: String, value: '' },
    longest: { type: Number, value: 40 },
    /** Several lines. */
    tall: { type: Boolean, value: false },
    /** What she had filled in when the form was opened again. */
    initial: { type: String, value: '' },
  },
  data: { value: '' },
  observers: {
    value(value) {
      this.triggerEvent('change', { value });
    },
  },
  lifetimes: {
    attached() {
      if (this.data.initial) this.setData({ value: this.data.initial });
    },
  },
});
