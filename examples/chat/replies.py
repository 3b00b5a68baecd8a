"""What the model without a network says next: a rule for each kind of last message."""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, ToolCall, ToolMessage

CITY = re.compile(r"weather (?:in|at|for) ([^?.!,]+)", re.IGNORECASE)
EXPRESSION = re.compile(r"[\d.(-][\d.\s()+*/-]*[-+*/][\d.\s()+*/-]*[\d.)]")


def next_reply(messages: Sequence[BaseMessage]) -> AIMessage:
    last = messages[-1]
    if isinstance(last, ToolMessage):
        return AIMessage(content=f"I looked it up for you. {last.text}")
    call = tool_call(last.text, number=len(messages))
    if call:
        return AIMessage(content="", tool_calls=[call])
    return AIMessage(content=f"You said: “{last.text}”. Ask me for the weather in a city, or for a sum.")


def tool_call(text: str, *, number: int) -> ToolCall | None:
    call_id = f"call_{number}"
    if city := CITY.search(text):
        return ToolCall(name="weather", args={"city": city[1].strip()}, id=call_id)
    if expression := EXPRESSION.search(text):
        return ToolCall(name="calculator", args={"expression": expression[0].strip()}, id=call_id)
    return None
