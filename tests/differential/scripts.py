"""The calls that both servers are asked to answer. A script is a story of its own, on threads of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.differential.observing import Observer

NOWHERE = "00000000-0000-4000-8000-000000000000"
MODES = ("values", "updates", "messages", "messages-tuple", "tasks", "checkpoints", "debug", "custom", "events")
HUMAN = {"messages": [{"role": "user", "content": "hi", "id": "said"}]}
SLOW = {"assistant_id": "sleepy", "input": {"seconds": 30}}

Script = Callable[[Observer], Awaitable[None]]


async def thread(at: Observer, name: str = "thread", **body: Any) -> str:
    made = await at.call(f"make {name}", "POST", "/threads", body, silent=True)
    return at.name(made["thread_id"], name)


async def ended(at: Observer, thread_id: str) -> None:
    """All runs of the thread, which the servers tell in the thread's status."""
    for _ in range(200):
        if (await at.call("", "GET", f"/threads/{thread_id}", silent=True))["status"] != "busy":
            return
        await asyncio.sleep(0.05)


async def running(at: Observer, thread_id: str, run_id: str) -> None:
    for _ in range(200):
        if (await at.call("", "GET", f"/threads/{thread_id}/runs/{run_id}", silent=True))["status"] == "running":
            return
        await asyncio.sleep(0.05)


async def threads(at: Observer) -> None:
    made = await at.call("create", "POST", "/threads", {"metadata": {"a": {"b": 1, "c": 2}, "graph_id": "echo"}})
    thread_id = at.name(made["thread_id"], "thread")
    path = f"/threads/{thread_id}"
    await at.call("create again", "POST", "/threads", {"thread_id": thread_id})
    await at.call("create again, do nothing", "POST", "/threads", {"thread_id": thread_id, "if_exists": "do_nothing"})
    await at.call("create with a bad id", "POST", "/threads", {"thread_id": "nope"})
    await at.call("create with a number as ttl", "POST", "/threads", {"ttl": 5})
    await at.call("create with a bad strategy", "POST", "/threads", {"ttl": {"ttl": 5, "strategy": "x"}})
    await at.call("reserved metadata", "POST", "/threads", {"metadata": {"thread_id": "x", "run_id": "x", "own": 1}})
    await at.call("get", "GET", path)
    await at.call("get unknown", "GET", f"/threads/{NOWHERE}")
    await at.call("get malformed", "GET", "/threads/nope")
    await at.call("patch", "PATCH", path, {"metadata": {"a": {"d": 3}, "n": None}})
    await at.call("patch, minimal", "PATCH", path, {"metadata": {"m": 1}}, headers={"prefer": "return=minimal"})
    await at.call("patch unknown", "PATCH", f"/threads/{NOWHERE}", {"metadata": {}})
    await at.call("patch malformed", "PATCH", "/threads/nope", {"metadata": {}})
    await at.call("empty state", "GET", f"{path}/state")
    await at.call("empty history", "GET", f"{path}/history")
    await at.call("storage unknown", "GET", f"/threads/{NOWHERE}/storage")
    await at.call("copy without a state", "POST", f"{path}/copy")
    await at.call("copy unknown", "POST", f"/threads/{NOWHERE}/copy")
    await at.call("copy malformed", "POST", "/threads/nope/copy")
    await at.call("prune nothing", "POST", "/threads/prune", {"thread_ids": []})
    await at.call("prune unknown", "POST", "/threads/prune", {"thread_ids": [NOWHERE]})
    await at.call("prune malformed", "POST", "/threads/prune", {"thread_ids": ["nope"]})
    await at.call("prune by a bad strategy", "POST", "/threads/prune", {"thread_ids": [], "strategy": "x"})
    await at.call("prune", "POST", "/threads/prune", {"thread_ids": [thread_id], "strategy": "delete"})
    await at.call("delete pruned", "DELETE", path)
    await at.call("empty body", "POST", "/threads")
    await at.call("trailing slash", "GET", "/threads/")
    await at.call("wrong method", "PUT", path, {})


async def search(at: Observer) -> None:
    mark = str(id(at))
    ids = [await thread(at, f"t{n}", metadata={"mark": mark, "deep": {"n": n, "x": 1}}) for n in range(3)]
    await at.call("run", "POST", f"/threads/{ids[0]}/runs/wait", {"assistant_id": "chat", "input": HUMAN}, silent=True)
    await at.call("run", "POST", f"/threads/{ids[1]}/runs/wait", {"assistant_id": "echo", "input": {}}, silent=True)
    await at.call("run", "POST", f"/threads/{ids[2]}/runs/wait", {"assistant_id": "echo", "input": {}}, silent=True)
    mine = {"metadata": {"mark": mark}}

    async def find(name: str, **body: Any) -> None:
        await at.call(name, "POST", "/threads/search", {**mine, "select": ["thread_id"], **body})

    await find("newest first")
    await find("a page", limit=2)
    await find("the next page", limit=2, offset=2)
    await find("beyond the end", offset=500)
    await find("by depth", metadata={"mark": mark, "deep": {"n": 1}})
    await find("by status", status="idle")
    await find("by values", values={"count": 1})
    await find("by ids", ids=ids[:2], sort_by="thread_id", sort_order="asc")
    await find("no ids", ids=[])
    await find("sorted", sort_by="created_at", sort_order="asc")
    await find("several columns", select=["status", "values", "interrupts"], values={"count": 1}, limit=1)
    last = {"last": "values.messages[-1].content", "g": "metadata.graph_id", "miss": "values.nope[3].x"}
    await find("extract", extract=last, sort_by="created_at", sort_order="asc")
    for name, extract in {
        "a reserved alias": {"status": "values.x"},
        "a bad alias": {"a-b": "values.x"},
        "a bad root": {"a": "foo.messages"},
        "an empty path": {"a": ""},
        "eleven paths": {f"a{n}": "values.x" for n in range(11)},
    }.items():
        await find(f"extract {name}", extract=extract)
    await find("malformed id", ids=["bad"])
    await find("select error", select=["error"])
    await find("limit 0", limit=0)
    await at.call("count", "POST", "/threads/count", mine)
    await at.call("count by values", "POST", "/threads/count", {**mine, "values": {"count": 1}})
    await at.call("count by status", "POST", "/threads/count", {**mine, "status": "busy"})


async def supersteps(at: Observer) -> None:
    said = {"values": {"said": 1}, "as_node": "__start__"}
    counted = {"values": {"count": 7}, "as_node": "echo"}
    body: Any = {"metadata": {"graph_id": "echo"}, "supersteps": [{"updates": [said]}, {"updates": [counted]}]}
    made = await at.call("with a history", "POST", "/threads", body)
    thread_id = at.name(made["thread_id"], "thread")
    await at.call("state", "GET", f"/threads/{thread_id}/state")
    await at.call("history", "GET", f"/threads/{thread_id}/history?limit=10")
    await at.call("without a graph", "POST", "/threads", {"supersteps": [{"updates": [said]}]})
    unknown = {"values": {}, "as_node": "zzz"}
    body = {"metadata": {"graph_id": "echo"}, "supersteps": [{"updates": [unknown]}]}
    await at.call("unknown node", "POST", "/threads", body)


async def state(at: Observer) -> None:
    thread_id = await thread(at)
    path = f"/threads/{thread_id}"
    await at.call("update without a graph", "POST", f"{path}/state", {"values": {"done": [1]}})
    body: Any = {"assistant_id": "steps", "input": {"steps": 3}}
    await at.call("run", "POST", f"{path}/runs/wait", body)
    shown = await at.call("after a run", "GET", f"{path}/state")
    parent = shown["parent_checkpoint"]["checkpoint_id"]
    await at.call("at a checkpoint", "GET", f"{path}/state/{parent}")
    await at.call("at an unknown checkpoint", "GET", f"{path}/state/{NOWHERE}")
    await at.call("at a malformed checkpoint", "GET", f"{path}/state/nonsense")
    await at.call("post a checkpoint", "POST", f"{path}/state/checkpoint", {"checkpoint": {"checkpoint_id": parent}})
    await at.call("post no checkpoint", "POST", f"{path}/state/checkpoint", {})
    await at.call("history by default", "GET", f"{path}/history")
    await at.call("history", "GET", f"{path}/history?limit=20")
    await at.call("history, bad limit", "GET", f"{path}/history?limit=abc")
    await at.call("history before", "GET", f"{path}/history?limit=2&before={parent}")
    before = {"configurable": {"checkpoint_id": parent}}
    await at.call("history before, posted", "POST", f"{path}/history", {"limit": 2, "before": before})
    await at.call("history before a string", "POST", f"{path}/history", {"before": parent})
    await at.call("history by source", "POST", f"{path}/history", {"limit": 5, "metadata": {"source": "input"}})
    await at.call("history by step", "POST", f"{path}/history", {"limit": 5, "metadata": {"step": 1}})
    await at.call("history limit 0", "POST", f"{path}/history", {"limit": 0})
    await at.call("history of nobody", "GET", f"/threads/{NOWHERE}/history")
    await at.call("update", "POST", f"{path}/state", {"values": {"done": [99]}})
    await at.call("updated", "GET", f"{path}/state")
    await at.call("updated thread", "GET", path)
    await at.call("update as node", "POST", f"{path}/state", {"values": {"done": [0]}, "as_node": "step"})
    await at.call("updated as node", "GET", f"{path}/state")
    await at.call("update nothing", "POST", f"{path}/state", {})
    await at.call("updated nothing", "GET", f"{path}/state")
    await at.call("update null", "POST", f"{path}/state", {"values": None})
    await at.call("end", "POST", f"{path}/state", {"values": None, "as_node": "__end__"})
    await at.call("ended", "GET", f"{path}/state")
    await at.call("copy", "POST", f"{path}/state", {"values": None, "as_node": "__copy__"})
    await at.call("copied", "GET", f"{path}/state")
    fork = {"values": {"done": [5]}, "checkpoint_id": parent}
    await at.call("fork", "POST", f"{path}/state", fork)
    await at.call("forked", "GET", f"{path}/state")
    await at.call("unknown keys", "POST", f"{path}/state", {"values": {"nope": 1}})
    await at.call("unknown node", "POST", f"{path}/state", {"values": {"done": [1]}, "as_node": "zzz"})
    await at.call("wrong type", "POST", f"{path}/state", {"values": "text"})
    await at.call("wrong list", "POST", f"{path}/state", {"values": [1]})
    await at.call("of nobody", "POST", f"/threads/{NOWHERE}/state", {"values": {}})
    await at.call("patch", "PATCH", f"{path}/state", {"metadata": {"a": 1}})
    await at.call("the whole history", "GET", f"{path}/history?limit=50")


async def busy_state(at: Observer) -> None:
    thread_id = await thread(at)
    run = await at.call("run", "POST", f"/threads/{thread_id}/runs", SLOW, silent=True)
    await running(at, thread_id, at.name(run["run_id"], "run"))
    await at.call("update refused", "POST", f"/threads/{thread_id}/state", {"values": {"slept": True}})
    await at.call("cancel", "POST", f"/threads/{thread_id}/runs/{run['run_id']}/cancel?wait=1")
    await at.call("thread", "GET", f"/threads/{thread_id}")
    await at.call("update allowed", "POST", f"/threads/{thread_id}/state", {"values": {"slept": True}})


async def subgraphs(at: Observer) -> None:
    thread_id = await thread(at)
    path = f"/threads/{thread_id}"
    body: Any = {"assistant_id": "inquiry", "input": {}, "stream_subgraphs": True, "stream_mode": ["values", "updates"]}
    await at.call("stream", "POST", f"{path}/runs/stream", body)
    shown = await at.call("state", "GET", f"{path}/state")
    nested = await at.call("state with subgraphs", "GET", f"{path}/state?subgraphs=true")
    await at.call("thread", "GET", path)
    pointer = shown["tasks"][0]["checkpoint"]
    await at.call("by namespace", "POST", f"{path}/state/checkpoint", {"checkpoint": pointer})
    address = nested["tasks"][0]["state"]["checkpoint"]
    await at.call("by address", "POST", f"{path}/state/checkpoint", {"checkpoint": address})
    await at.call("inner history", "POST", f"{path}/history", {"limit": 10, "checkpoint": pointer})
    await at.call("resume", "POST", f"{path}/runs/wait", {"assistant_id": "inquiry", "command": {"resume": "yes"}})
    await at.call("history", "GET", f"{path}/history?limit=20")


async def time_travel(at: Observer) -> None:
    thread_id = await thread(at)
    path = f"/threads/{thread_id}"
    await at.call("ask", "POST", f"{path}/runs/wait", {"assistant_id": "approval", "input": {}})
    asked = await at.call("asked", "GET", f"{path}/state")
    await at.call("yes", "POST", f"{path}/runs/wait", {"assistant_id": "approval", "command": {"resume": "yes"}})
    again: dict[str, Any] = {
        "assistant_id": "approval",
        "command": {"resume": "no"},
        "checkpoint_id": asked["checkpoint_id"],
    }
    await at.call("no, at the question", "POST", f"{path}/runs/wait", again)
    await at.call("state", "GET", f"{path}/state")
    first: dict[str, Any] = {
        "assistant_id": "approval",
        "input": None,
        "checkpoint": {"checkpoint_id": asked["checkpoint_id"]},
    }
    await at.call("again from the question", "POST", f"{path}/runs/wait", first)
    await at.call("thread", "GET", path)
    fork = {"values": {"log": ["forked"]}, "checkpoint_id": asked["checkpoint_id"], "as_node": "draft"}
    await at.call("fork", "POST", f"{path}/state", fork)
    await at.call("forked thread", "GET", path)
    await at.call("go on", "POST", f"{path}/runs/wait", {"assistant_id": "approval", "input": None})
    await at.call("answer", "POST", f"{path}/runs/wait", {"assistant_id": "approval", "command": {"resume": "maybe"}})
    await at.call("unknown", "POST", f"{path}/runs/wait", {**again, "checkpoint_id": NOWHERE})
    await at.call("malformed", "POST", f"{path}/runs/wait", {**again, "checkpoint_id": "nope"})
    await at.call("history", "GET", f"{path}/history?limit=50")


async def copies(at: Observer) -> None:
    thread_id = await thread(at)
    await at.call("ask", "POST", f"/threads/{thread_id}/runs/wait", {"assistant_id": "approval", "input": {}})
    copied = await at.call("copy", "POST", f"/threads/{thread_id}/copy")
    copy_id = at.name(copied["thread_id"], "copy")
    await at.call("state", "GET", f"/threads/{copy_id}/state")
    await at.call("history", "GET", f"/threads/{copy_id}/history?limit=10")
    await at.call("runs", "GET", f"/threads/{copy_id}/runs")
    body: Any = {"assistant_id": "approval", "command": {"resume": "yes"}}
    await at.call("resume the copy", "POST", f"/threads/{copy_id}/runs/wait", body)
    await at.call("storage", "GET", f"/threads/{copy_id}/storage")


async def streams(at: Observer) -> None:
    for mode in MODES:
        for graph, given in (("chat", {**HUMAN, "tokens": 2}), ("nested", {"path": []})):
            thread_id = await thread(at)
            body: Any = {"assistant_id": graph, "input": given, "stream_mode": mode}
            await at.call(f"{mode} of {graph}", "POST", f"/threads/{thread_id}/runs/stream", body)
    for mode in ("values", "updates", "tasks", "checkpoints", "custom"):
        thread_id = await thread(at)
        body = {"assistant_id": "nested", "input": {"path": []}, "stream_mode": mode, "stream_subgraphs": True}
        await at.call(f"{mode} with subgraphs", "POST", f"/threads/{thread_id}/runs/stream", body)
    for modes in (["values", "updates", "custom"], ["messages", "messages-tuple"], ["events", "values"], []):
        thread_id = await thread(at)
        body = {"assistant_id": "chat", "input": {**HUMAN, "tokens": 2}, "stream_mode": modes}
        await at.call(f"modes {modes}", "POST", f"/threads/{thread_id}/runs/stream", body)
    for mode in ("messages", "messages-tuple"):
        thread_id = await thread(at)
        said = {"messages": [{"role": "user", "content": "use the tool", "id": "said"}]}
        body = {"assistant_id": "tooling", "input": said, "stream_mode": mode}
        await at.call(f"{mode} of whole messages", "POST", f"/threads/{thread_id}/runs/stream", body)
        for subgraphs in (False, True):
            few = {**HUMAN, "tokens": 2}
            body = {"assistant_id": "chatting", "input": few, "stream_mode": mode, "stream_subgraphs": subgraphs}
            name = f"{mode} of a subgraph, {'with' if subgraphs else 'without'} subgraphs"
            await at.call(name, "POST", f"/threads/{await thread(at)}/runs/stream", body)
    for mode in ("checkpoints", "debug"):
        body = {"assistant_id": "echo", "input": {"said": 1}, "stream_mode": mode}
        await at.call(f"{mode}, stateless", "POST", "/runs/stream", body)
    for how in ("spoken", "masked"):
        body = {"assistant_id": "failing", "input": {"how": how}, "stream_mode": ["values", "updates"]}
        thread_id = await thread(at)
        await at.call(f"{how} error", "POST", f"/threads/{thread_id}/runs/stream", body)
        await at.call(f"thread after a {how} error", "GET", f"/threads/{thread_id}")
        await at.call(f"state after a {how} error", "GET", f"/threads/{thread_id}/state")


async def interrupts(at: Observer) -> None:
    thread_id = await thread(at)
    path = f"/threads/{thread_id}"
    body: Any = {"assistant_id": "parallel", "input": {}, "stream_mode": ["values", "updates"]}
    await at.call("stream", "POST", f"{path}/runs/stream", body)
    shown = await at.call("state", "GET", f"{path}/state")
    await at.call("thread", "GET", path)
    (run,) = await at.call("runs", "GET", f"{path}/runs", silent=True)
    await at.call("join", "GET", f"{path}/runs/{at.name(run['run_id'], 'run')}/join")
    await at.call("one answer", "POST", f"{path}/runs/wait", {"assistant_id": "parallel", "command": {"resume": "x"}})
    await at.call("thread after that", "GET", path)
    ids = {interrupt["value"]["ask"]: interrupt["id"] for interrupt in shown["interrupts"]}
    left = {"assistant_id": "parallel", "command": {"resume": {ids["left"]: "L"}}}
    await at.call("left", "POST", f"{path}/runs/wait", left)
    await at.call("thread after left", "GET", path)
    right = {"assistant_id": "parallel", "command": {"resume": {ids["right"]: "R"}}}
    await at.call("right", "POST", f"{path}/runs/wait", right)
    await at.call("thread after both", "GET", path)
    other = await thread(at, "other")
    await at.call("wait", "POST", f"/threads/{other}/runs/wait", {"assistant_id": "parallel", "input": {}})
    for where in ("interrupt_before", "interrupt_after"):
        stopped = await thread(at, where)
        body = {"assistant_id": "approval", "input": {}, where: ["draft"], "stream_mode": ["values", "updates"]}
        await at.call(f"{where}", "POST", f"/threads/{stopped}/runs/stream", body)
        await at.call(f"{where}, thread", "GET", f"/threads/{stopped}")
        body = {"assistant_id": "approval", "input": None}
        await at.call(f"{where}, go on", "POST", f"/threads/{stopped}/runs/wait", body)


async def commands(at: Observer) -> None:
    thread_id = await thread(at)
    path = f"/threads/{thread_id}"
    await at.call("begin", "POST", f"{path}/runs/wait", {"assistant_id": "steps", "input": {"steps": 1}})

    async def command(name: str, **given: Any) -> None:
        await at.call(name, "POST", f"{path}/runs/wait", {"assistant_id": "steps", "command": given})

    await command("update and goto", update={"done": [40]}, goto="step")
    await command("goto a list", goto=["step"])
    await command("send", goto={"node": "step", "input": {"done": [1, 2, 3], "steps": 1}})
    await command("sends", goto=[{"node": "step", "input": {"done": [], "steps": 1}}] * 2)
    await command("goto the end", goto="__end__", update=None)
    await command("goto nowhere", goto="nowhere")
    await command("update alone", update={"steps": 9})
    await command("resume an idle thread", resume="x")
    await at.call("no command", "POST", f"{path}/runs/wait", {"assistant_id": "steps", "command": {}, "input": None})
    body: Any = {"assistant_id": "approval", "command": {"resume": 1}}
    await at.call("stateless resume", "POST", "/runs/wait", body)
    await at.call("history", "GET", f"{path}/history?limit=50")


async def runs(at: Observer) -> None:
    thread_id = await thread(at)
    path = f"/threads/{thread_id}/runs"
    body: Any = {"assistant_id": "echo", "input": {"said": 1}, "metadata": {"m": 1}, "config": {"tags": ["t"]}}
    run = await at.call("create", "POST", path, body)
    run_path = f"{path}/{at.name(run['run_id'], 'run')}"
    await ended(at, thread_id)
    await at.call("get", "GET", run_path)
    await at.call("list", "GET", path)
    await at.call("list selected", "GET", f"{path}?select=run_id&select=status")
    await at.call("list by status", "GET", f"{path}?status=pending")
    await at.call("list, limit 0", "GET", f"{path}?limit=0")
    await at.call("list, bad limit", "GET", f"{path}?limit=abc")
    await at.call("list of nobody", "GET", f"/threads/{NOWHERE}/runs")
    await at.call("join", "GET", f"{run_path}/join")
    await at.call("join stream", "GET", f"{run_path}/stream")
    await at.call("join unknown", "GET", f"{path}/{NOWHERE}/join")
    await at.call("join stream of unknown", "GET", f"{path}/{NOWHERE}/stream")
    await at.call("cancel a finished one", "POST", f"{run_path}/cancel")
    await at.call("cancel an unknown one", "POST", f"{path}/{NOWHERE}/cancel")
    await at.call("get unknown", "GET", f"{path}/{NOWHERE}")
    await at.call("get malformed", "GET", f"{path}/nope")
    await at.call("delete", "DELETE", run_path)
    await at.call("delete again", "DELETE", run_path)
    await at.call("wait", "POST", f"{path}/wait", body)
    resumable = {**body, "stream_resumable": True}
    await at.call("stream, resumable", "POST", f"{path}/stream", resumable)
    await at.call("unknown thread", "POST", f"/threads/{NOWHERE}/runs", body)
    await at.call("malformed thread", "POST", "/threads/nope/runs", body)
    await at.call("unknown graph", "POST", path, {"assistant_id": "nope"})
    await at.call("unknown assistant", "POST", path, {"assistant_id": NOWHERE})
    await at.call("no assistant", "POST", path, {})
    refused: dict[str, Any] = {
        "stream_mode": "nope",
        "durability": "x",
        "after_seconds": None,
        "multitask_strategy": 1,
    }
    for name, value in refused.items():
        await at.call(f"bad {name}", "POST", path, {"assistant_id": "echo", name: value})
    both = {"assistant_id": "echo", "config": {"configurable": {"a": 1}}, "context": {"b": 1}}
    await at.call("configurable and context", "POST", path, both)
    kept: dict[str, Any] = {"durability": "sync", "checkpoint_during": False}
    for name, value in kept.items():
        other = await thread(at)
        body = {"assistant_id": "steps", "input": {"steps": 2}, name: value}
        await at.call(f"{name} {value}", "POST", f"/threads/{other}/runs/wait", body)
        await at.call(f"history of {name} {value}", "GET", f"/threads/{other}/history?limit=20")


async def stateless(at: Observer) -> None:
    body: Any = {"assistant_id": "echo", "input": {"said": 1}}
    await at.call("wait", "POST", "/runs/wait", body)
    await at.call("wait for updates", "POST", "/runs/wait", {**body, "stream_mode": "updates"})
    await at.call("stream", "POST", "/runs/stream", body)
    await at.call("create", "POST", "/runs", body)
    await at.call("create and keep", "POST", "/runs", {**body, "on_completion": "keep"})
    await at.call("batch", "POST", "/runs/batch", [body, {**body, "metadata": {"n": 2}}])
    await at.call("empty batch", "POST", "/runs/batch", [])
    await at.call("a batch that is none", "POST", "/runs/batch", {"assistant_id": "echo"})
    await at.call("a batch with a bad one", "POST", "/runs/batch", [body, {"assistant_id": "nope"}])
    await at.call("failing", "POST", "/runs/wait", {"assistant_id": "failing", "input": {"how": "spoken"}})
    await at.call("no input", "POST", "/runs/wait", {"assistant_id": "echo"})


async def cancels(at: Observer) -> None:
    for action in ("interrupt", "rollback"):
        thread_id = await thread(at)
        path = f"/threads/{thread_id}/runs"
        run = await at.call("create", "POST", path, SLOW, silent=True)
        await running(at, thread_id, at.name(run["run_id"], "run"))
        await at.call(action, "POST", f"{path}/{run['run_id']}/cancel?wait=1&action={action}")
        await at.call(f"run after {action}", "GET", f"{path}/{run['run_id']}")
        await at.call(f"thread after {action}", "GET", f"/threads/{thread_id}")
        await at.call(f"state after {action}", "GET", f"/threads/{thread_id}/state")
    thread_id = await thread(at)
    path = f"/threads/{thread_id}/runs"
    run = await at.call("create", "POST", path, {**SLOW, "after_seconds": 60}, silent=True)
    many = {"thread_id": thread_id, "run_ids": [at.name(run["run_id"], "run")]}
    await at.call("many", "POST", "/runs/cancel", many)
    await at.call("run after many", "GET", f"{path}/{run['run_id']}")
    await at.call("thread after many", "GET", f"/threads/{thread_id}")
    await at.call("many again", "POST", "/runs/cancel", many)
    await at.call("many and a status", "POST", "/runs/cancel", {**many, "status": "all"})
    await at.call("nothing", "POST", "/runs/cancel", {})
    await at.call("a thread alone", "POST", "/runs/cancel", {"thread_id": thread_id})
    await at.call("unknown status", "POST", "/runs/cancel", {"status": "success"})
    await at.call("malformed ids", "POST", "/runs/cancel", {"thread_id": thread_id, "run_ids": ["nope"]})


async def strategies(at: Observer) -> None:
    thread_id = await thread(at)
    path = f"/threads/{thread_id}/runs"
    run = await at.call("create", "POST", path, SLOW, silent=True)
    await running(at, thread_id, at.name(run["run_id"], "run"))
    quick = {"assistant_id": "echo", "input": {"said": 1}}
    await at.call("reject", "POST", path, {**quick, "multitask_strategy": "reject"})
    await at.call("interrupt", "POST", f"{path}/wait", {**quick, "multitask_strategy": "interrupt"})
    await at.call("the interrupted run", "GET", f"{path}/{run['run_id']}")
    await at.call("thread", "GET", f"/threads/{thread_id}")


async def dangling(at: Observer) -> None:
    thread_id = await thread(at)
    path = f"/threads/{thread_id}/runs"
    said = {"messages": [{"role": "user", "content": "use the tool", "id": "said"}], "seconds": 30}
    run = await at.call("create", "POST", path, {"assistant_id": "tooling", "input": said}, silent=True)
    await running(at, thread_id, at.name(run["run_id"], "run"))
    await asyncio.sleep(1)
    await at.call("cancel", "POST", f"{path}/{run['run_id']}/cancel?wait=1")
    await at.call("state", "GET", f"/threads/{thread_id}/state")
    more = {"messages": [{"role": "user", "content": "never mind", "id": "more"}]}
    await at.call("go on", "POST", f"{path}/wait", {"assistant_id": "tooling", "input": more})


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        threads,
        search,
        supersteps,
        state,
        busy_state,
        subgraphs,
        time_travel,
        copies,
        streams,
        interrupts,
        commands,
        runs,
        stateless,
        cancels,
        strategies,
        dangling,
    )
}
