"""What operations cost as one thing grows and everything else stays as it is."""
