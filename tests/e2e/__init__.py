"""The mini-program by fingers only: real processes, a phone in a real browser."""
