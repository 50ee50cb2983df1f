"""What the mini-program's server calls at api.weixin.qq.com (spec 1)."""
