"""The network between each pair of processes is cut, slow, or breaks connections: nobody's run suffers for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.rounds.caller import Caller, calling
from tests.rounds.ground import LEASE, Ground
from tests.rounds.journal import Step, begun_by_replaced, replayed
from tests.rounds.verdict import Findings
from tests.support.processes import Process
from tests.support.proxy import Dial, Road, road

#: Seconds between two requests of a client that goes on through every fault.
PAUSE = 0.5
#: Seconds in which the runs of a load are claimed and take their first steps.
BEGINNING = 3.0


class Pair(NamedTuple):
    """A kind of process, and the service that it reaches over a road of its own."""

    process: str
    service: str


PAIRS = [Pair(process, service) for process in ("worker", "web") for service in ("postgres", "redis")]
Roads = Mapping[Pair, Road]


class Cut(NamedTuple):
    """Between a worker and Postgres."""

    began: float
    ended: float


async def struck(ground: Ground, *, runs: int, cut: float, slow: float, latency: float, resets: int) -> Findings:
    """Two web processes and one of two workers are struck: the other worker is who takes over."""
    findings = Findings()
    cuts: list[Cut] = []
    with roads(ground) as network, mustered(ground, network, runs // 2) as worker:
        async with calling(ground) as caller:
            run_ids: list[str] = []
            for pair, way in network.items():
                run_ids += await load(caller, runs)
                await asyncio.sleep(BEGINNING)
                async with visited(caller, run_ids):
                    began = time.time()
                    await lasting(way, cut, is_cut=True)
                    if pair == Pair("worker", "postgres"):
                        cuts.append(Cut(began, time.time()))
                    await lasting(way, cut / 3, is_closed=True)
                    await lasting(way, slow, latency=latency)
                    for _ in range(resets):
                        way.reset()
                        await asyncio.sleep(1)
            recovery = await ground.settled(patience=180)
        findings.require("the worker that was cut goes on living", worker.is_alive)
        conclude(ground, findings, caller, run_ids)
        mine = [step for step in ground.journal.steps() if step.process_id == worker.popen.pid]
        findings.require(
            "the worker that was cut from Postgres was at work",
            any(cut.began - BEGINNING < step.at < cut.began for step in mine for cut in cuts),
        )
        late = begun_without_lease(mine, cuts)
        findings.refuse("a worker that was cut from Postgres began a step after its leases had ended", late[:10])
    findings.tell(runs=len(run_ids), pairs=len(PAIRS), settled_seconds_after_last=recovery, told=dict(caller.told))
    return findings


def conclude(ground: Ground, findings: Findings, caller: Caller, run_ids: Sequence[str]) -> None:
    noted = ground.journal.steps()
    findings.refuse("a client got a 5xx that is no 503", caller.failures)
    findings.refuse("a replaced execution began a step", begun_by_replaced(noted)[:10])
    findings.audit(ground, run_ids)
    errors = ground.server.rows("SELECT run_id::text, error::text FROM runs_run WHERE status <> 'success'")
    findings.refuse("a run that nobody heard of ended otherwise than in success", errors[:10])
    findings.tell(steps_begun=len(noted), steps_replayed=replayed(noted))


async def load(caller: Caller, runs: int) -> Sequence[str]:
    """Half of them do not wait for their checkpoints, so that nothing but its leases can stop a worker that is cut."""
    halves = await asyncio.gather(
        caller.steps(runs=runs // 2, steps=8, seconds=1.0),
        caller.steps(runs=runs // 2, steps=30, seconds=1.0, durability="async"),
    )
    return [run_id for half in halves for run_id in half]


@asynccontextmanager
async def visited(caller: Caller, run_ids: list[str]) -> AsyncIterator[None]:
    """New runs come all the while; each that meets a fault waits for its end."""
    over = asyncio.Event()

    async def visit() -> None:
        while not over.is_set():
            run_ids.extend(await caller.steps(runs=1, steps=2, seconds=0.2))
            await asyncio.sleep(PAUSE)

    visiting = asyncio.create_task(visit(), name="visitor")
    try:
        yield
    finally:
        over.set()
        await visiting


async def lasting(
    way: Road, seconds: float, *, is_cut: bool = False, is_closed: bool = False, latency: float = 0
) -> None:
    way.is_cut, way.is_closed, way.latency = is_cut, is_closed, latency
    if is_closed:
        way.reset()
    await asyncio.sleep(seconds)
    way.mend()


def begun_without_lease(steps: Sequence[Step], cuts: Sequence[Cut]) -> list[Step]:
    """By a worker whose last renewal cannot be younger than the cut."""
    return [step for step in steps if any(cut.began + LEASE < step.at < cut.ended for cut in cuts)]


@contextmanager
def roads(ground: Ground) -> Iterator[Roads]:
    """One for each pair, open."""
    ways = dials(ground)
    with ExitStack() as stack:
        yield {pair: stack.enter_context(road(ways[pair.service])) for pair in PAIRS}


def dials(ground: Ground) -> Mapping[str, Dial]:
    """To each service."""
    socket = parse_qs(urlsplit(ground.server.database_uri).query)
    redis = urlsplit(ground.redis.uri)
    return {
        "postgres": lambda: asyncio.open_unix_connection(f"{socket['host'][0]}/.s.PGSQL.{socket['port'][0]}"),
        "redis": lambda: asyncio.open_connection(redis.hostname, redis.port),
    }


@contextmanager
def mustered(ground: Ground, network: Roads, few: int) -> Iterator[Process]:
    """The worker that goes by road, beside one that does not and has few slots; they all end with the round."""
    ground.muster(web=0, workers=0)
    ways = {
        process: addresses(ground, network[Pair(process, "postgres")], network[Pair(process, "redis")])
        for process in ("worker", "web")
    }
    for _ in range(2):
        ground.server.start_web(**ways["web"])
    straight = ground.server.start_worker(N_JOBS_PER_WORKER=str(few))
    worker = ground.server.start_worker(N_JOBS_PER_WORKER=str(ground.slots), **ways["worker"])
    for each in (straight, worker):
        ground.server.await_worker(each)
    ground.server.await_web()
    try:
        yield worker
    finally:
        for process in [straight, worker, *ground.server.alive("web")]:
            process.kill()


def addresses(ground: Ground, postgres: Road, redis: Road) -> dict[str, str]:
    """By which a process reaches its services over these roads."""
    name = urlsplit(ground.server.database_uri).path
    uri = urlsplit(ground.redis.uri)
    return {
        "DATABASE_URI": f"postgresql://postgres@{postgres.host}:{postgres.port}{name}",
        "REDIS_URI": uri._replace(netloc=f":{uri.password}@{redis.host}:{redis.port}").geturl(),
    }
