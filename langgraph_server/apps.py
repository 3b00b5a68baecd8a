"""The project package as a Django app: its commands and its pages."""

from django.apps import AppConfig


class LangGraphServerConfig(AppConfig):
    name = "langgraph_server"
    verbose_name = "LangGraph Server"
