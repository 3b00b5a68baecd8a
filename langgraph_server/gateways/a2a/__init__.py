"""Assistants as agents that other agents talk to (A2A)."""
