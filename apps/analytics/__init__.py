"""The read side of traffic data."""
