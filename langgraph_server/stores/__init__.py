"""The process's long-term store: what langgraph.json says of it, the library's tables, and our way to them."""
