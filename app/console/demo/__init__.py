"""A fictional brand with its dealers, people and cars, generated from a seed: synthetic, and says so."""
