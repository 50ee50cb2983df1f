"""Doors of vehicles: for visitors who look for a car, and for the staff who keep the stock."""
