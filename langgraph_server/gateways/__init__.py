"""Doors for clients that speak other protocols than ours: what they ask for becomes runs like any other."""
