"""Versions of what is kept: each is a row of its own, by whom, and with what it changed."""
