"""Who wants a car, which adviser looks after her, and what was done about it."""
