"""Processes without business of their own: they run what the domains' jobs say."""
