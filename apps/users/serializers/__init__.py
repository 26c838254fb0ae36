"""The shapes of users and user groups on the wire."""
