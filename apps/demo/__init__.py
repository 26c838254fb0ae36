"""Traffic to look at: recorded lists of a real gateway, and a made-up organisation with its calls."""
