"""Tools that know no domain; each file is named for the one thing it holds."""
