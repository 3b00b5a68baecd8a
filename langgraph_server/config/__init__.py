"""What the application declares in langgraph.json: its shape, where it is found, what it names."""
