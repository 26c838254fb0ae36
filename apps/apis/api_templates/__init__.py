"""Templates: documents that new OpenAPI APIs begin with. REST calls them assets."""
