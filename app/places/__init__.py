"""Where somebody is: the city of a place, or of an address in the internet."""
