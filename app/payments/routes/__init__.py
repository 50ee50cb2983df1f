"""Doors of payments: headquarters look at money, and finance deals with what went wrong."""
