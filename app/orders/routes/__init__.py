"""Doors of orders: for customers, for those who deal with their orders, and for the terms that they agree to."""
