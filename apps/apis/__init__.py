"""APIs and who owns them."""
