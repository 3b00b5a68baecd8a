"""A chat model behind an OpenAI-compatible endpoint, streamed token by token over httpx."""

from collections.abc import AsyncIterator

import httpx
import orjson
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from real_model.endpoint import Endpoint

TIMEOUT = httpx.Timeout(10, read=120)


class RemoteChatModel(BaseChatModel):
    endpoint: Endpoint

    @property
    def _llm_type(self) -> str:
        return "openai-compatible"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        raise NotImplementedError("This model is asynchronous: use ainvoke or astream.")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages, stop, run_manager))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for token in tokens(self.endpoint, messages, stop):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=token))
            if run_manager:
                await run_manager.on_llm_new_token(token, chunk=chunk)
            yield chunk


async def tokens(endpoint: Endpoint, messages: list[BaseMessage], stop: list[str] | None) -> AsyncIterator[str]:
    headers = {"authorization": f"Bearer {endpoint.key}"}
    body = question(messages, model=endpoint.model, stop=stop)
    async with (
        httpx.AsyncClient(timeout=TIMEOUT) as client,
        client.stream("POST", endpoint.completions, json=body, headers=headers) as response,
    ):
        response.raise_for_status()
        async for line in response.aiter_lines():
            if token := token_of(line):
                yield token


def question(messages: list[BaseMessage], *, model: str, stop: list[str] | None) -> dict[str, object]:
    body = {"model": model, "messages": convert_to_openai_messages(messages), "stream": True}
    return body | {"stop": stop} if stop else body


def token_of(line: str) -> str | None:
    """The text in one line of the event stream; role, usage and `[DONE]` lines have none."""
    data = line.removeprefix("data:").strip()
    if not line.startswith("data:") or data == "[DONE]":
        return None
    choices = orjson.loads(data).get("choices") or [{}]
    token: str | None = choices[0].get("delta", {}).get("content")
    return token
