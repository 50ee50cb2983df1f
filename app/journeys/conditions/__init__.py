"""The kinds of questions that a branch may ask; adding a file adds one."""
