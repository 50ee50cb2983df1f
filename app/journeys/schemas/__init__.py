"""What the doors of journeys take and give."""
