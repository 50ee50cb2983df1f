"""WeCom at qyapi.weixin.qq.com (spec 4)."""
