"""Pages for people: logging in, their own account, users and groups."""
