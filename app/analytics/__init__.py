"""What it all came to: how far people got, by whom they came, and where."""
