"""The crons app."""

from django.apps import AppConfig


class CronsConfig(AppConfig):
    name = "crons"
