App({ onLaunch(options) { this.launched = options }, onShow(options) { this.shown = options } })
