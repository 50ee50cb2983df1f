"""Background work of who."""
