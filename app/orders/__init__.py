"""One customer holds one vehicle: reservations, deposit orders and their terms."""
