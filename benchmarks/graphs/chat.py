"""A chat whose model streams `tokens` words, `delay` seconds apart."""

import asyncio
from collections.abc import AsyncIterator

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.graph import END, START, MessagesState, StateGraph


class Chat(MessagesState, total=False):
    tokens: int
    delay: float


class CountingModel(BaseChatModel):
    tokens: int
    delay: float

    @property
    def _llm_type(self) -> str:
        return "counting"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        text = "".join(f"tok{i} " for i in range(self.tokens))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for i in range(self.tokens):
            # Without a delay too: a real model yields to the loop while it waits for the network.
            await asyncio.sleep(self.delay)
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=f"tok{i} "))
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


async def speak(state: Chat) -> dict[str, list[BaseMessage]]:
    model = CountingModel(tokens=state.get("tokens", 20), delay=state.get("delay", 0.0))
    return {"messages": [await model.ainvoke(state["messages"])]}


builder = StateGraph(Chat)
builder.add_node("model", speak)
builder.add_edge(START, "model")
builder.add_edge("model", END)

graph = builder.compile()
