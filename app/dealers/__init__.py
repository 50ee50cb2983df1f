"""Brands, their dealers and stores, and the people who work there."""
