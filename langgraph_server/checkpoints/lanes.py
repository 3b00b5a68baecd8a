"""The tree of a thread's checkpoints as text, one line each, the newest first: forks run beside each other. Pure."""

from collections.abc import Iterable, Iterator


def lanes(checkpoints: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """Of ids and their parents' ids. `●` is the checkpoint, `│` a branch that passes by, `┘` one that starts here."""
    awaited: list[str | None] = []
    for checkpoint, parent in checkpoints:
        mine = [lane for lane, wanted in enumerate(awaited) if wanted == checkpoint]
        if not mine:
            mine = [free_lane(awaited)]
        signs = ["│" if wanted else " " for wanted in awaited]
        for lane in mine[1:]:
            signs[lane], awaited[lane] = "┘", None
        signs[mine[0]], awaited[mine[0]] = "●", parent
        while awaited and awaited[-1] is None:
            awaited.pop()
        yield "".join(signs).rstrip()


def free_lane(awaited: list[str | None]) -> int:
    if None not in awaited:
        awaited.append(None)
    return awaited.index(None)
