"""OpenAPI documents with the gateway's extension: what they say, and what gateways and imports make of them."""
