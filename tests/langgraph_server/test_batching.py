"""Many callers, one statement."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import pytest

from langgraph_server import batching
from langgraph_server.batching import LARGEST, MOST_SLOW, Batcher

Answers = list[int | Exception]


class Statement:
    """Doubles what it is given, and waits to be let through."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        self.most = self.under_way = 0

    async def __call__(self, items: Sequence[int]) -> Answers:
        self.batches.append(list(items))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.open.wait()
        self.under_way -= 1
        return [ValueError(item) if item < 0 else 2 * item for item in items]


class Patient(Batcher[int, int]):
    """Counts how often it waited."""

    pauses = 0

    async def fly_later(self) -> None:
        self.pauses += 1
        await super().fly_later()


async def submit_all(batcher: Batcher[int, int], items: Sequence[int]) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(batcher.submit(item)) for item in items]
    await asyncio.sleep(0.01)
    return tasks


async def submit_in_turns(batcher: Batcher[int, int], items: Sequence[int]) -> list[asyncio.Task[int]]:
    """The first departs alone."""
    return [*await submit_all(batcher, items[:1]), *await submit_all(batcher, items[1:])]


async def test_a_call_alone_goes_at_once() -> None:
    statement = Statement()
    statement.open.set()

    assert await Batcher(statement).submit(4) == 8
    assert statement.batches == [[4]]


async def test_what_is_asked_in_the_same_pass_of_the_loop_goes_together() -> None:
    statement = Statement()
    statement.open.set()

    assert await asyncio.gather(*await submit_all(Batcher(statement), [1, 2, 3])) == [2, 4, 6]
    assert statement.batches == [[1, 2, 3]]


async def test_what_is_asked_meanwhile_makes_up_the_next_batch() -> None:
    statement = Statement()
    tasks = await submit_in_turns(Batcher(statement), range(10))
    statement.open.set()

    assert await asyncio.gather(*tasks) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert statement.batches == [[0], list(range(1, 10))]


async def test_where_nobody_is_in_a_hurry_the_first_waits_for_more() -> None:
    statement = Statement()
    statement.open.set()
    batcher = Batcher(statement, pause=0.05)

    tasks = [*await submit_all(batcher, range(3)), *await submit_all(batcher, range(3, 5))]

    assert await asyncio.gather(*tasks) == [0, 2, 4, 6, 8]
    assert statement.batches == [[0, 1, 2, 3, 4]]


async def test_a_full_batch_waits_for_nobody() -> None:
    statement = Statement()
    statement.open.set()
    batcher = Patient(statement, pause=0.05)

    await asyncio.gather(*await submit_all(batcher, range(3 * LARGEST)))

    assert [len(batch) for batch in statement.batches] == [LARGEST] * 3
    assert batcher.pauses == 1


async def test_a_batch_has_a_largest_size() -> None:
    statement = Statement()
    tasks = await submit_in_turns(Batcher(statement), range(2 * LARGEST + 5))
    statement.open.set()

    await asyncio.gather(*tasks)

    assert [len(batch) for batch in statement.batches] == [1, LARGEST, LARGEST, 4]


async def test_beside_batches_that_are_slow_others_depart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "SLOW", 0.05)
    statement = Statement()
    batcher = Batcher(statement)

    tasks = await submit_in_turns(batcher, range(3))
    assert statement.most == 1
    await asyncio.sleep(0.06)
    assert statement.batches == [[0], [1, 2]]
    for more in range(3, 9):
        tasks += await submit_all(batcher, [more])
    await asyncio.sleep(0.1)
    assert statement.most == MOST_SLOW

    statement.open.set()
    assert await asyncio.gather(*tasks) == [2 * item for item in range(9)]
    assert statement.batches == [[0], [1, 2], [3, 4, 5, 6, 7, 8]]


async def test_after_a_pause_that_the_loop_overslept_no_empty_batch_departs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "SLOW", 0.01)
    statement = Statement()
    statement.open.set()
    tasks = await submit_all(Batcher(statement, pause=0.05), [1, 2])

    time.sleep(0.1)  # noqa: ASYNC251 - it is the loop that stalls

    assert await asyncio.gather(*tasks) == [2, 4]
    await asyncio.sleep(0.1)
    assert statement.batches == [[1, 2]]


async def test_a_refusal_is_raised_to_its_own_caller_only() -> None:
    statement = Statement()
    tasks = await submit_all(Batcher(statement), [1, 2, -3, 4])
    statement.open.set()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [answers[0], answers[1], answers[3]] == [2, 4, 8]
    assert isinstance(answers[2], ValueError)


def failing_once(statement: Statement) -> Callable[[Sequence[int]], Awaitable[Answers]]:
    async def run(items: Sequence[int]) -> Answers:
        answers = await statement(items)
        if len(statement.batches) == 2:
            raise OSError("away")
        return answers

    return run


async def test_a_batch_that_fails_fails_its_callers_and_nobody_else() -> None:
    statement = Statement()
    batcher: Batcher[int, int] = Batcher(failing_once(statement))
    tasks = await submit_in_turns(batcher, [1, 2, 3])
    statement.open.set()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert answers[0] == 2
    assert [type(answer) for answer in answers[1:]] == [OSError, OSError]
    assert await batcher.submit(5) == 10


async def test_a_caller_that_leaves_does_not_disturb_the_others() -> None:
    statement = Statement()
    tasks = await submit_all(Batcher(statement), [1, 2, 3])
    tasks[1].cancel()
    await asyncio.sleep(0)
    statement.open.set()

    assert [await tasks[0], await tasks[2]] == [2, 6]
    assert tasks[1].cancelled()
