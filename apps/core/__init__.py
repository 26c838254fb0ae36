"""Rules that every app shares; no models of the domain."""
