"""Assistants as agents that other agents talk to (A2A)."""

#: What the receiver on a run's row says that it speaks.
PROTOCOL = "a2a"
