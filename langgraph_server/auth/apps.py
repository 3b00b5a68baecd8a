"""The app of API keys; `auth` is the label of Django's own."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "langgraph_server.auth"
    label = "access"
    verbose_name = "Access to the API"
