"""Namespaces as clients write them: lists of labels, or labels joined by periods."""

from collections.abc import Sequence

from store.errors import BadLabel

Namespace = tuple[str, ...]


def checked(labels: Sequence[str]) -> Namespace:
    for label in labels:
        if not label or "." in label:
            raise BadLabel(label=label)
    return tuple(labels)


def split(text: str) -> Namespace:
    return checked(text.split("."))
