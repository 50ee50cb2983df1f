"""What we tell people: channels, templates, and the ledger of every message with what became of it."""
