const calls = []
App({
  calls,
  onLaunch(options) { calls.push(`launch ${options.scene}`) },
  onShow() { calls.push('show') },
  onHide() { calls.push('hide') },
  onError(error) { calls.push(`error ${String(error).includes('thrown by a handler')}`) },
})
