"""Routes of accounts: pages, REST, and the REST endpoints of whoever holds the admin secret."""
