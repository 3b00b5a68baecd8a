"""Assistants as agents, with the official client of A2A and by hand."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from a2a.client import A2ACardResolver, ClientConfig, create_client
from a2a.client.client import Client
from a2a.types import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    StreamResponse,
    SubscribeToTaskRequest,
    TaskState,
)
from a2a.utils.errors import TaskNotCancelableError, TaskNotFoundError

from assistants.builtin import assistant_id_of
from tests.support.installation import Installation

CONVERSING = str(assistant_id_of("conversing"))
CHAT = str(assistant_id_of("chat"))


def saying(text: str, **fields: Any) -> SendMessageRequest:
    said = Message(message_id=str(uuid4()), role=Role.ROLE_USER, parts=[Part(text=text)], **fields)
    return SendMessageRequest(message=said)


async def client_of(http: httpx.AsyncClient, assistant: str, *, streaming: bool) -> Client:
    base = f"{http.base_url}/a2a/{assistant}".replace("//a2a", "/a2a")
    card = await A2ACardResolver(http, base).get_agent_card()
    return await create_client(card, ClientConfig(streaming=streaming, httpx_client=http))


@pytest.fixture
async def agent(http: httpx.AsyncClient) -> AsyncIterator[Client]:
    yield await client_of(http, CONVERSING, streaming=False)


@pytest.fixture
async def talker(http: httpx.AsyncClient) -> AsyncIterator[Client]:
    yield await client_of(http, CHAT, streaming=True)


async def told(client: Client, request: SendMessageRequest) -> list[StreamResponse]:
    return [answer async for answer in client.send_message(request)]


async def test_a_message_becomes_a_task_that_is_completed(agent: Client) -> None:
    [answer] = await told(agent, saying("hello"))

    assert answer.task.status.state == TaskState.TASK_STATE_COMPLETED
    assert [(said.role, said.parts[0].text) for said in answer.task.history] == [
        (Role.ROLE_USER, "hello"),
        (Role.ROLE_AGENT, "nowhere, 1"),
    ]
    assert answer.task.artifacts[0].parts[0].text == "nowhere, 1"


async def test_a_stream_tells_the_task_its_progress_and_its_end(talker: Client) -> None:
    events = await told(talker, saying("hi"))

    assert events[0].task.status.state == TaskState.TASK_STATE_SUBMITTED
    grown = [
        event.status_update.status.message.parts[0].text
        for event in events
        if event.status_update.status.state == TaskState.TASK_STATE_WORKING
    ]
    assert grown[0] == "t0 "
    assert grown[-1] == "t0 t1 t2 t3 t4 "
    assert events[-2].artifact_update.artifact.parts[0].text == "t0 t1 t2 t3 t4 "
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
