"""REST endpoints of analytics: figures, and single requests."""
