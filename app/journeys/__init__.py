"""When: a marketer's journeys, their versions, and the customers who walk them."""
