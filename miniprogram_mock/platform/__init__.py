"""A simulator of the WeChat servers: api.weixin.qq.com, api.mch.weixin.qq.com and qyapi.weixin.qq.com in one process."""
