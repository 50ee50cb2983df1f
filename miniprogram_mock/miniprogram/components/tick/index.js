/** A box to tick, or one of several to choose (`round`), with the words beside it as its slot. It never ticks itself: the page decides. */

Component({
  properties: {
    checked: { type: Boolean, value: false },
    round: { type: Boolean, value: false },
    label: { type: String, value: '' },
    /** Drawn attention to: she tried to go on without it. */
    missing: { type: Boolean, value: false },
  },
  methods: {
    toggle() {
      this.triggerEvent('change', { checked: !this.data.checked });
    },
  },
});
