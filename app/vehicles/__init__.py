"""Cars on sale: their series, their state, the search for them, what they cost by the month, and the feeds that bring them."""
