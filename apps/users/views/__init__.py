"""Pages for people: logging in."""
