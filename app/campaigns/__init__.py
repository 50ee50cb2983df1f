"""What a brand or a dealer puts on to win customers: what it costs, who came by it, and what they did."""
