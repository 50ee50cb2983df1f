"""Benchmarks: measured runs and the data they need; never part of the tests."""
