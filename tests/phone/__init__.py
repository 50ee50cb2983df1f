"""Tests of the phone in the browser: its server."""
