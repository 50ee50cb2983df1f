Page({ onLoad(options) { this.setData({ options: JSON.stringify(options) }) } })
