"""What a run has yet to write: gathered, in order, one commit at a time."""

import asyncio
from collections.abc import Sequence

import pytest

from langgraph_server.checkpoints import trail
from langgraph_server.checkpoints.statements import Statement
from langgraph_server.checkpoints.trail import GATHER, MOST, Trail


class Commits:
    """Takes as long as it is told, and fails where it is told."""

    def __init__(self, *, seconds: float = 0.0, fails_at: int | None = None) -> None:
        self.made: list[list[object]] = []
        self.seconds = seconds
        self.fails_at = fails_at
        self.at_once = self.most_at_once = 0
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, statements: Sequence[Statement]) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        await self.may_end.wait()
        self.at_once -= 1
        if len(self.made) == self.fails_at:
            raise ConnectionError("gone")
        self.made.append([row for _, rows in statements for (row,) in rows])


def put(n: int) -> list[Statement]:
    return [("INSERT", [(n,)])]


async def under_way(commits: Commits) -> None:
    while not commits.at_once:
        await asyncio.sleep(0)


async def test_what_comes_together_is_one_commit_in_order() -> None:
    commits = Commits()
    written = Trail(commits)

    for n in range(5):
        written.add(put(n))
    await written.written()

    assert commits.made == [[0, 1, 2, 3, 4]]


async def test_nobody_has_to_wait_for_it() -> None:
    commits = Commits()

    Trail(commits).add(put(0))
    async with asyncio.timeout(5):
        while not commits.made:
            await asyncio.sleep(GATHER)

    assert commits.made == [[0]]


async def test_who_waits_does_not_wait_for_more_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "GATHER", 60.0)
    commits = Commits(seconds=0.02)
    written = Trail(commits)

    written.add(put(0))
    async with asyncio.timeout(5):
        await written.written()
        written.add(put(1))
        await written.written()

    assert commits.made == [[0], [1]]


async def test_who_ends_the_run_takes_what_has_not_departed() -> None:
    commits = Commits()
    trail = Trail(commits)

    trail.add(put(0))
    trail.add(put(1))

    assert await trail.rest() == [*put(0), *put(1)]
    await asyncio.sleep(2 * GATHER)
    await trail.written()
    assert commits.made == []


async def test_what_is_under_way_is_waited_for_before_the_rest_is_taken() -> None:
    commits = Commits()
    commits.may_end.clear()
    trail = Trail(commits)
    trail.add(put(0))
    trail.depart()
    await under_way(commits)
    trail.add(put(1))

    taken = asyncio.create_task(trail.rest())
    await asyncio.sleep(0)
    assert not taken.done()
    commits.may_end.set()

    assert await taken == put(1)
    assert commits.made == [[0]]


async def test_there_is_no_rest_after_what_failed() -> None:
    trail = Trail(Commits(fails_at=0))
    trail.add(put(0))
    trail.depart()

    with pytest.raises(ConnectionError):
        await trail.rest()


async def test_one_commit_follows_the_other() -> None:
    commits = Commits(seconds=0.01)
    written = Trail(commits)

    for n in range(20):
        written.add(put(n))
        await asyncio.sleep(0.005)
    await written.written()

    assert [n for made in commits.made for n in made] == list(range(20))
    assert commits.most_at_once == 1
    assert len(commits.made) > 1


async def test_a_commit_takes_only_so_many() -> None:
    commits = Commits()
    written = Trail(commits)

    for n in range(MOST + 1):
        written.add(put(n))
    await written.written()

    assert [len(made) for made in commits.made] == [MOST, 1]


async def test_nothing_is_written_after_what_failed() -> None:
    commits = Commits(fails_at=1)
    written = Trail(commits)

    written.add(put(0))
    await written.written()
    commits.may_end.clear()
    written.add(put(1))
    waiting = asyncio.create_task(written.written())
    await under_way(commits)
    written.add(put(2))
    commits.may_end.set()

    with pytest.raises(ConnectionError):
        await waiting
    with pytest.raises(ConnectionError):
        written.add(put(3))
    with pytest.raises(ConnectionError):
        await written.written()
    await asyncio.sleep(GATHER * 4)
    assert commits.made == [[0]]


async def test_who_is_cancelled_gives_way_when_all_is_committed() -> None:
    commits = Commits()
    commits.may_end.clear()
    written = Trail(commits)

    written.add(put(0))
    waiting = asyncio.create_task(written.written())
    await under_way(commits)
    waiting.cancel()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    commits.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert commits.made == [[0]]


async def test_who_waits_does_not_wait_for_what_others_add() -> None:
    commits = Commits(seconds=0.01)
    written = Trail(commits)

    async def go_on() -> None:
        while True:
            written.add(put(1))
            await asyncio.sleep(0.002)

    written.add(put(0))
    other = asyncio.create_task(go_on())
    async with asyncio.timeout(5):
        await written.written()
    other.cancel()

    assert len(commits.made) < 5
