"""Cars and lists passed on from person to person, and what came of it."""
