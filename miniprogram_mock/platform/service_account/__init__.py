"""What the service account's server calls at api.weixin.qq.com (spec 2)."""
