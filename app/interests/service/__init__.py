"""Verbs of interests, by what they are about: `favourites`, `views`, `searches`, `matching`, `alerts`, `people`."""
