"""Doors of dealers: staff sign in, consumers look at stores, other systems get their keys."""
