"""The consumer's side and Tencent's side, for running and testing without WeChat; never imports `app`."""
