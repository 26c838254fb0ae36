"""Routes of APIs."""
