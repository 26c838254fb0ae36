"""Webhooks: those that gateways call, and what Weir itself sends to others."""
