Page({
  data: { told: '', drawn: '' },
  onLoad(options) { this.setData({ options: JSON.stringify(options) }) },
  onTap() { this.tapped(wx) },
  onPhone(event) { this.setData({ told: JSON.stringify(event.detail) }) },
  onPicked(event) { this.setData({ told: JSON.stringify(event.detail.value) }) },
  onShareAppMessage({ from }) { return this.shares ? this.shares(from) : undefined },
  onShareTimeline() { return { title: 'For all', query: 'n=5' } },
})
