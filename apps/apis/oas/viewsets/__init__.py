"""REST endpoints of APIs that are kept as documents."""
