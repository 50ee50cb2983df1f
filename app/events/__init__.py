"""What happened: one table that is timeline, trigger, analytics row and outbox at once."""
