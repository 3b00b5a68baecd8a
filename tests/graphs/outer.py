"""An application's own web app, and a node and a tool that ask the very server they run in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from fastapi import FastAPI, Request
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph_sdk import get_client
from starlette.responses import JSONResponse

#: Made when the module is imported, as applications do.
early = get_client()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    yield {"opened": "by the lifespan"}


app = FastAPI(lifespan=lifespan)


@app.middleware("http")
async def mark(request: Request, call_next: Any) -> Any:
    response = await call_next(request)
    user = request.scope.get("user")
    response.headers["x-outer"] = user["identity"] if user else "nobody"
    return response


@app.get("/hello/{name}")
async def hello(name: str, request: Request) -> dict[str, Any]:
    return {"hello": name, "state": request.state.opened}


@app.get("/threads/count")
async def shadow() -> dict[str, str]:
    return {"mine": "too"}


@app.get("/info")
async def info() -> dict[str, str]:
    return {"mine": "info"}


@app.get("/ok")
async def never() -> dict[str, str]:
    return {"mine": "ok"}


@app.get("/mine")
async def mine(request: Request) -> JSONResponse:
    """What the caller's own threads are."""
    threads = await get_client().threads.search(limit=100)
    return JSONResponse([thread["thread_id"] for thread in threads])


@app.get("/raises")
async def raises() -> None:
    raise RuntimeError("a bug of the application")


class State(TypedDict, total=False):
    how: str
    found: list[str]
    said: Any
    events: list[str]
    headers: dict[str, Any]


async def ask(state: State, config: RunnableConfig) -> State:
    client = early if state.get("how") == "early" else get_client()
    threads = await client.threads.search(limit=100)
    thread = await client.threads.create(metadata={"made": "within"})
    said = await client.runs.wait(thread["thread_id"], "echo", input={"said": "within"})
    parts = [part.event async for part in client.runs.stream(None, "echo", input={"said": "streamed"})]
    headers = {key: value for key, value in config["configurable"].items() if key.startswith("x-")}
    return {"found": [each["thread_id"] for each in threads], "said": said, "events": parts, "headers": headers}


def ask_on_a_thread(state: State, config: RunnableConfig) -> State:
    """A synchronous node, which brings a loop of its own."""
    return asyncio.run(ask(state, config))


def choose(state: State) -> str:
    return "thread" if state.get("how") == "thread" else "loop"


graph = (
    StateGraph(State)
    .add_node("loop", ask)
    .add_node("thread", ask_on_a_thread)
    .add_conditional_edges(START, choose, ["loop", "thread"])
    .compile()
)


#: What of each request's headers the factory below was called with.
SEEN: list[dict[str, Any]] = []


def made(config: RunnableConfig) -> Any:
    SEEN.append({key: value for key, value in config["configurable"].items() if key.startswith("x-")})
    return graph


@app.get("/seen")
async def seen() -> list[dict[str, Any]]:
    return SEEN
