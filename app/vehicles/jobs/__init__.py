"""Background work of the stock, one module for each kind of it."""
