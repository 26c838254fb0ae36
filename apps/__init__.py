"""The apps of Weir; docs/architecture.md says which may import which."""
