"""Load tests of servers that speak the LangGraph Server API."""
