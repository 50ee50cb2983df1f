Component({ data: { shows: 0 }, pageLifetimes: { show() { this.setData({ shows: this.data.shows + 1 }) } }, methods: { onLoad() { this.setData({ loaded: true }) } } })
