"""Forms: users and groups, permissions, and around one's own account."""
