"""The event protocol ("v2" streaming): commands for a thread, and one stream of envelopes about all of its runs."""
