"""Messages to many at once: to whom, when, by which ways, how far it is, and how it is stopped."""
