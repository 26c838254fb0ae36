"""REST endpoints of users and user groups."""
