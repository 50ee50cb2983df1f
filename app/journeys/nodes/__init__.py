"""The kinds of steps that a journey is made of; adding a file adds one."""
