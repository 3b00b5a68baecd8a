"""Readers are in a hurry."""

from langgraph_sdk import Priority, PriorityContext, PrioritySettings

priority = Priority()
idle = Priority()


@priority.assign
async def assign(ctx: PriorityContext) -> PrioritySettings | None:
    return {"priority": -3} if ctx.user.identity == "alice" else None
