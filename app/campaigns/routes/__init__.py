"""Doors of campaigns: for those who run them, and for those who come by them."""
