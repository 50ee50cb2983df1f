"""Doors of messages: for those who get them, and for the staff who write them."""
