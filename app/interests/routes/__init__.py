"""Doors of interests, all of them a customer's: favourites, cars looked at, saved searches, alerts."""
