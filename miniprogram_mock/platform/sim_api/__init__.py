"""The simulator's own interface under `/_sim/`, one file per area; for this machine only."""
