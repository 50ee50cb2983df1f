"""Tests of WeChat's client in the browser, with a small mini-program of their own."""
