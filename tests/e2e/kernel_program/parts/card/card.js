Component({
  options: { multipleSlots: true },
  properties: { word: String, wide: Array },
  observers: { word(value) { this.setData({ long: `${value}!` }) } },
  lifetimes: { attached() { this.setData({ attached: true }) } },
  methods: { say() { this.triggerEvent('said', { word: this.data.word }) } },
})
