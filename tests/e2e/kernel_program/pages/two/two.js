Page({
  data: {},
  onLoad(options) { this.setData({ options, pages: getCurrentPages().length }) },
  onUnload() { getApp().calls.push('two unloaded') },
  deeper() { wx.navigateTo({ url: './two', fail: (error) => this.setData({ told: error.errMsg }) }) },
})
