"""Marque, the direct-sales platform for car brands inside WeChat: one folder is one domain."""
