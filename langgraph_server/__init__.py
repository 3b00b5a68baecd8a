"""An open LangGraph Server on Django."""
