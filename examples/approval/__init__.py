"""A draft that waits for a person before it is sent."""
