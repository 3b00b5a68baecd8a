"""The project package as a Django app: its commands and its pages."""

from django.apps import AppConfig
from django.conf import settings


class LangGraphServerConfig(AppConfig):
    name = "langgraph_server"
    verbose_name = "LangGraph Server"

    def ready(self) -> None:
        """A project with pages of its own names its admin itself."""
        if settings.ROOT_URLCONF == "langgraph_server.urls":
            from django.contrib import admin  # noqa: PLC0415 - not before the apps are there

            admin.site.site_header = admin.site.site_title = self.verbose_name
            admin.site.index_title = "How the installation stands"
