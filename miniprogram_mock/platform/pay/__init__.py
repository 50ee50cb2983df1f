"""WeChat Pay APIv3 at api.mch.weixin.qq.com (spec 3)."""
