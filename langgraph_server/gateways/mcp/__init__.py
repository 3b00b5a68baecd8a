"""Assistants as the tools of an MCP server."""
