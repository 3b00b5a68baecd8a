"""A chat agent with tools, on a model that needs no network."""
