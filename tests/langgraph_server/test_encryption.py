"""Encryption by itself: keys, what stands in documents, checkpoints, and what `check` and the admin tell."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint
from langgraph.checkpoint.conformance import checkpointer_test, validate

from langgraph_server import env
from langgraph_server.checkpoints.commit import GroupCommit
from langgraph_server.checkpoints.configuration import Serde
from langgraph_server.checkpoints.fence import HELD_RUNS
from langgraph_server.checkpoints.saver import open_pool
from langgraph_server.checkpoints.sealed import SealedSaver
from langgraph_server.encryption import backend, documents, events, parts
from langgraph_server.encryption.aes import AesCipher
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.cipher import Cipher
from langgraph_server.encryption.documents import here
from langgraph_server.encryption.errors import EncryptionFailed, HandlerFailed, Unreadable
from langgraph_server.encryption.keys import Keyring
from langgraph_server.errors import ConfigurationError, Invalid
from tests.factories import make_thread
from tests.langgraph_server.conftest import WriteApplication
from tests.langgraph_server.databases import conninfo, opened_saver, rows_of
from tests.support.admin import no_static_folder, staff_client, text

OLD, NEW = b"0123456789abcdef", b"fedcba98765432100123456789abcdef"
HANDLERS = """
from langgraph_sdk import Encryption
encryption = Encryption()

@encryption.encrypt.json
async def encrypt(ctx, data):
    return {RESULT}

@encryption.decrypt.json
async def decrypt(ctx, data):
    return {key: value[::-1] if isinstance(value, str) else value for key, value in data.items()}
"""
BETA = pytest.mark.filterwarnings("ignore:The Encryption API is in beta")
REVERSED = "{key: value[::-1] if isinstance(value, str) else value for key, value in data.items()}"


@pytest.fixture
def aes() -> Iterator[AesCipher]:
    made = AesCipher(Keyring([OLD]), ["secret"])
    with patch.object(documents, "cipher", lambda: made), patch.object(parts, "cipher", lambda: made):
        yield made


@asynccontextmanager
async def sealed_saver(chosen: Cipher) -> AsyncIterator[SealedSaver]:
    async with open_pool(conninfo(), 4) as pool:
        yield SealedSaver(pool, GroupCommit(pool, HELD_RUNS), Serde(), chosen)


def test_a_new_key_encrypts_and_the_old_one_still_reads() -> None:
    before = Keyring([OLD]).seal(b"secret")
    both = Keyring([NEW, OLD])

    assert both.open(before) == b"secret"
    assert Keyring([NEW]).open(both.seal(b"secret")) == b"secret"


def test_what_cannot_be_read_says_why() -> None:
    sealed = Keyring([OLD]).seal(b"secret")

    with pytest.raises(Unreadable, match="is not configured"):
        Keyring([NEW]).open(sealed)
    with pytest.raises(Unreadable, match="damaged"):
        Keyring([OLD]).open(sealed[:-1] + bytes([sealed[-1] ^ 1]))


@pytest.mark.parametrize("told", ["short", f"{OLD.decode()},short", "x" * 33])
def test_a_key_of_another_length_stops_the_start(told: str) -> None:
    with patch.dict(os.environ, LANGGRAPH_AES_KEY=told), pytest.raises(ConfigurationError, match="16, 24 or 32 bytes"):
        env.aes_keys("LANGGRAPH_AES_KEY")


def test_a_key_may_have_a_comma() -> None:
    with patch.dict(os.environ, LANGGRAPH_AES_KEY="0123456,89abcdef"):
        assert env.aes_keys("LANGGRAPH_AES_KEY") == [b"0123456,89abcdef"]
    with patch.dict(os.environ, LANGGRAPH_AES_KEY=f"{NEW.decode()}, {OLD.decode()}"):
        assert env.aes_keys("LANGGRAPH_AES_KEY") == [NEW, OLD]


def test_of_metadata_only_the_named_keys_are_encrypted_at_any_depth(aes: AesCipher) -> None:
    told = {"secret": 1, "deep": {"secret": [1], "shown": 2}, "graph_id": "echo", "shown": None}
    stored = here(parts.metadata("thread", told))

    assert stored["deep"]["shown"] == 2
    assert {*stored["secret"], *stored["deep"]["secret"]} == {"$sealed"}
    assert here(documents.opened("thread", "metadata", stored)) == told
    assert list(stored) == list(told)


def test_no_key_of_ours_can_be_told(aes: AesCipher) -> None:
    for key in ("$sealed", "$encryption"):
        with pytest.raises(Invalid, match="server's own"):
            here(parts.metadata("thread", {key: "x"}))


async def test_scalars_and_metadata_do_not_stay_readable_in_a_checkpoints_row(
    aes: AesCipher, transactional_db: None
) -> None:
    thread_id = str(uuid4())
    config: Any = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}, "metadata": {"owner": "canary"}}
    values = {"text": "canary", "number": 7, "nothing": None, "flag": True, "list": ["canary"]}
    versions: Any = dict.fromkeys(values, "1")
    checkpoint = {**empty_checkpoint(), "channel_values": values, "channel_versions": versions}
    async with sealed_saver(aes) as saver:
        saved = await saver.aput(config, checkpoint, {"source": "loop", "step": 1}, versions)  # type: ignore[arg-type] # a checkpoint
        await saver.aput_writes(saved, [("list", "canary")], "task")
        found = await saver.aget_tuple(saved)
        rows = await rows_of(saver.pool, "SELECT c::text AS row FROM checkpoints c WHERE thread_id = %s", thread_id)

    assert found is not None
    assert found.checkpoint["channel_values"] == values
    assert found.metadata["owner"] == "canary"  # type: ignore[typeddict-item] # beside what the library writes
    assert found.pending_writes == [("task", "list", "canary")]
    assert "canary" not in rows[0]["row"]
    assert '""step"": 1' in rows[0]["row"]


async def test_what_was_written_before_stays_readable_and_needs_a_cipher_after(
    aes: AesCipher, transactional_db: None
) -> None:
    config: Any = {"configurable": {"thread_id": "2", "checkpoint_ns": ""}}
    values = {"text": "before", "list": ["before"]}
    versions: Any = dict.fromkeys(values, "1")
    checkpoint: Any = {**empty_checkpoint(), "channel_values": values, "channel_versions": versions}
    async with opened_saver() as plain, sealed_saver(aes) as sealed:
        saved = await plain.aput(config, checkpoint, {}, versions)
        found = await sealed.aget_tuple(saved)
        assert found is not None
        assert found.checkpoint["channel_values"] == values
        later: Any = {**checkpoint, "id": empty_checkpoint()["id"], "channel_versions": {"text": "1", "list": "2"}}
        saved = await sealed.aput(saved, later, {}, {"list": "2"})
        with pytest.raises(EncryptionFailed):
            await plain.aget_tuple(saved)


@no_static_folder
def test_the_admin_decrypts_for_who_may_read_content(aes: AesCipher, admin_client: Client, db: None) -> None:
    values = here(documents.content("thread", "values", {"messages": [{"type": "human", "content": "canary"}]}))
    thread = make_thread(values=values, metadata=here(parts.metadata("thread", {"secret": "metacanary"})))

    shown = text(admin_client.get(f"/admin/threads/thread/{thread.thread_id}/change/"))
    hidden = text(staff_client("threads.view_thread").get(f"/admin/threads/thread/{thread.thread_id}/change/"))

    assert shown.count("canary") == 3
    assert "canary" not in hidden


@checkpointer_test(name="SealedSaver")
async def saver_under_test() -> AsyncIterator[BaseCheckpointSaver[Any]]:
    async with sealed_saver(AesCipher(Keyring([OLD]), [])) as saver:
        yield saver


@pytest.mark.filterwarnings("default")
async def test_the_published_conformance_suite_passes_but_for_filters_by_metadata(
    aes: AesCipher, transactional_db: None
) -> None:
    report = await validate(saver_under_test)

    failed = [failure for result in report.results.values() for failure in result.failures or ()]
    assert [failure.partition(":")[0] for failure in failed] == ["test_list_metadata_custom_keys"]


@pytest.mark.parametrize("place", ["context", "configurable"])
def test_no_worker_without_a_cipher_takes_what_is_encrypted_for_the_input(place: str) -> None:
    sealed = {"token": {"$sealed": "x"}}
    empty: dict[str, Any] = {"context": {}, "config": {"configurable": {}}}
    told = {**empty, "context": sealed} if place == "context" else {**empty, "config": {"configurable": sealed}}

    events.expect_cipher(empty)
    with pytest.raises(Unreadable):
        events.expect_cipher(told)
    with pytest.raises(Unreadable):
        events.expect_cipher({**empty, "$encryption": {"by": "+aes"}})


@pytest.fixture
def application(write_application: WriteApplication) -> Iterator[WriteApplication]:
    def write(result: str) -> Any:
        document = {"graphs": {"echo": "./echo.py:graph"}, "encryption": {"path": "./own.py:encryption"}}
        return write_application({"own.py": HANDLERS.replace("{RESULT}", result)}, config=document)

    cipher.cache_clear()
    yield write
    cipher.cache_clear()


@BETA
def test_handlers_must_keep_the_keys(application: WriteApplication) -> None:
    application("{'other': 1}")

    with pytest.raises(HandlerFailed, match="must keep the keys"):
        here(documents.content("run", "input", {"said": "x"}))


@BETA
def test_what_a_handler_leaves_as_it_is_is_not_decrypted(application: WriteApplication) -> None:
    application(REVERSED)
    stored = here(documents.content("run", "input", {"said": "xy", "count": 1}))

    assert stored == {"said": {"$sealed": "yx"}, "count": 1}
    assert here(documents.opened("run", "input", stored)) == {"said": "xy", "count": 1}
    assert here(documents.content("run", "input", "alone")) == {"$sealed": "enola"}


@BETA
def test_check_tells_how_is_encrypted(application: WriteApplication, capsys: pytest.CaptureFixture[str]) -> None:
    application(REVERSED)
    call_command("check", tags=["encryption"])

    assert "encryption: the application's own, from ./own.py:encryption" in capsys.readouterr().out
    assert backend.describe(AesCipher(Keyring([NEW, OLD]), ["b", "a"])) == (
        "encryption: AES-GCM, 1 more to read with; JSON keys: a, b"
    )


@pytest.mark.parametrize(
    ("encryption", "told"),
    [
        ({"path": "./own.py:missing"}, "missing"),
        ({"path": "./own.py:REST"}, "no langgraph_sdk.Encryption"),
        ({"path": 1}, "text"),
    ],
)
def test_what_is_no_encryption_stops_the_start(
    write_application: WriteApplication, encryption: dict[str, Any], told: str
) -> None:
    document = {"graphs": {"echo": "./echo.py:graph"}, "encryption": encryption}
    write_application({"own.py": "REST = 1"}, config=document)
    cipher.cache_clear()

    with pytest.raises(ConfigurationError, match=told):
        cipher()
