"""The wire's pagination headers: `X-Pagination-Total` is a lower bound, not a total."""

from typing import TypeVar

Row = TypeVar("Row")


def page(rows: list[Row], *, limit: int, offset: int) -> tuple[list[Row], dict[str, str]]:
    """`rows` were read with one more than `limit`, to see whether another follows."""
    shown = rows[:limit]
    end = offset + len(shown)
    if len(rows) > limit:
        return shown, {"X-Pagination-Total": str(end + 1), "X-Pagination-Next": str(end)}
    return shown, {"X-Pagination-Total": str(end)}
