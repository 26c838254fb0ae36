"""People and programs: accounts, permissions, access keys."""
