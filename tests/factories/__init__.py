"""People and things with parts to play; one file per domain, each writing only when it is called."""
