"""A chat with a real model, reached over HTTP."""
