"""Who: the tags that customers carry, and the rules by which events give and take them."""
