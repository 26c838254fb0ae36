"""Measurements: run by hand, as ``python -m tests.bench.pump``."""
