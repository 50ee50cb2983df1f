Page({
  data: { told: '', drawn: '', events: [] },
  onLoad(options) { this.setData({ options: JSON.stringify(options) }) },
  onTap() { this.tapped(wx) },
  onPhone(event) { this.setData({ told: JSON.stringify(event.detail) }) },
  onPicked(event) { this.setData({ told: JSON.stringify(event.detail.value) }) },
  onShow() { this.heard?.push('shown') },
  onEvent({ type, detail }) { this.setData({ events: [...this.data.events, [type, detail]] }) },
  beat() {
    this.heard = []
    this.every = setInterval(() => this.heard.push('beat'), 700)
    this.once = setTimeout((word) => this.heard.push(word), 6000, 'late')
    clearTimeout(setTimeout(() => this.heard.push('never'), 5500))
  },
  onShareAppMessage({ from }) { return this.shares ? this.shares(from) : undefined },
  onShareTimeline() { return { title: 'For all', query: 'n=5' } },
})
