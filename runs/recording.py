"""Whether anything is written down of runs for operators, and what: the setting `RECORDS`."""

from django.conf import settings

from runs.choices import Records


def attempts() -> bool:
    """And how long runs wait and take."""
    return settings.RECORDS != Records.OFF


def tasks() -> bool:
    return settings.RECORDS == Records.ALL
