"""Doors of who, for the staff: tags and segments."""
