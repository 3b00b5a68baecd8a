"""Rows as SQL of our own takes them: an array for each column, which `unnest` makes rows of again."""

from collections.abc import Iterable, Sequence
from typing import Any


def by_column(rows: Iterable[Sequence[Any]], width: int = 0) -> list[list[Any]]:
    """`width`: how many columns there are, where there may be no row to tell."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
