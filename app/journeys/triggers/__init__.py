"""The kinds of triggers, which let people into journeys; adding a file adds one."""
