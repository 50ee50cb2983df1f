"""What the doors of who take and give."""
