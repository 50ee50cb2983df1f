"""Everything that speaks to Tencent: mini-programs, service accounts, WeCom and WeChat Pay, and what they call back."""
