"""Routes of organisations: REST, and the REST endpoints of whoever holds the admin secret."""
