"""Graphs for load tests: deterministic, without a network, sized by their input."""
