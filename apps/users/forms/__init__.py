"""Forms: accounts (the staff site), logging in, passwords."""
