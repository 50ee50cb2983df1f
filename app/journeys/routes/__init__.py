"""Doors of when, for the staff: journeys drawn, published, filled with people and looked at, and the tasks that they give."""
