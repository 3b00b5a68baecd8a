"""A long run that searches in parallel and writes a report."""
