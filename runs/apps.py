"""The runs app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        """Every process that may end a run knows the protocols that tell of it."""
        autodiscover_modules("reporting")
