"""Which cars, in which order, and how many: the index over the stock, kept by one process and read by all."""
