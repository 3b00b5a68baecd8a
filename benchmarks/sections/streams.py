"""Streamed chats: how soon the first token is there, and how many tokens pass per second."""

import time
from dataclasses import dataclass

from benchmarks.errors import Failure
from benchmarks.load import Operation, closed_loop, fixed_number
from benchmarks.measuring import CpuMeter, Figure, Goal, Row, Target, quantiles_ms

STREAMS = 50
TOKENS = 200


@dataclass(frozen=True)
class Chat:
    first_token: float
    tokens: int


async def chat(target: Target, *, tokens: int, path: str = "/runs/stream") -> Chat:
    """Streams a chat and counts its tokens without parsing them, which would cost more than a server."""
    start, first_token, counted, rest = time.perf_counter(), 0.0, 0, b""
    async for part in target.client.stream(path, request(tokens)):
        lines, _, rest = (rest + part).rpartition(b"\n")
        counted += lines.count(b'"content":"tok')
        if counted and not first_token:
            first_token = time.perf_counter() - start
    if counted != tokens:
        raise Failure(f"{counted} of {tokens} tokens")
    return Chat(first_token, counted)


def request(tokens: int) -> dict[str, object]:
    question = {"role": "user", "content": "Count!"}
    return {
        "assistant_id": "chat",
        "input": {"messages": [question], "tokens": tokens},
        "stream_mode": ["messages-tuple"],
    }


async def first_token(target: Target) -> Figure:
    cpu = CpuMeter(target.processes)
    load = await closed_loop(lambda _: chat(target, tokens=20), clients=1, seconds=target.seconds)
    detail = quantiles_ms([result.first_token for result in load.results])
    return Figure(detail["p50_ms"], cpu_ms=cpu.ms_per(len(load.results)), detail=detail)


async def many_tokens(target: Target) -> Figure:
    return await streamed(target, lambda _: chat(target, tokens=TOKENS))


async def many_tokens_on_threads(target: Target) -> Figure:
    """Without the making of the threads."""
    threads = [await target.client.post("/threads", {}) for _ in range(STREAMS)]
    paths = [f"/threads/{thread['thread_id']}/runs/stream" for thread in threads]
    return await streamed(target, lambda number: chat(target, tokens=TOKENS, path=paths[number]))


async def streamed(target: Target, operation: Operation[Chat]) -> Figure:
    cpu = CpuMeter(target.processes)
    load = await fixed_number(operation, count=STREAMS, clients=STREAMS)
    total = sum(result.tokens for result in load.results)
    return Figure(total / load.seconds, cpu_ms=cpu.ms_per(total), detail=quantiles_ms(load.latencies))


ROWS = (
    Row("first token, 1 client, p50", "ms", first_token, Goal(better=40, at_most=25)),
    Row(f"{STREAMS} streams of {TOKENS} tokens", "tokens/s", many_tokens, Goal(better=4, cpu_ms=0.1), floor="token"),
    Row(
        f"{STREAMS} streams of {TOKENS} tokens on new threads",
        "tokens/s",
        many_tokens_on_threads,
        floor="token",
        is_saved=True,
    ),
)
