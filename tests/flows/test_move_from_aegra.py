"""The queries of the page about Aegra, on tables as Aegra 0.6.0 leaves them."""

from pathlib import Path

from tests.support import databases
from tests.support.documented import ROOT
from tests.support.installation import installed
from tests.support.pages import blocks

PAGE = ROOT / "docs/how-to/migrate-from-aegra.md"
THREAD = "df1c2ca9-d2e6-4aab-8123-77d902aa79ac"
EMPTY = "5242f049-7f28-4a7c-a637-e82d81af929f"
ASSISTANT = "b5fd9e8e-4392-4586-a82b-7cbe9d1eb546"
TABLES = """
CREATE TABLE thread (thread_id text, status text, metadata_json jsonb, user_id text,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE assistant (assistant_id text, name text, description text, graph_id text, config jsonb, user_id text,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), context jsonb, version int,
    metadata jsonb);
CREATE TABLE assistant_versions (assistant_id text, version int, graph_id text, config jsonb, context jsonb,
    created_at timestamptz DEFAULT now(), metadata jsonb, name text, description text);
"""
ROWS = f"""
INSERT INTO thread VALUES
    ('{THREAD}', 'busy', '{{"graph_id": "approval", "owner": "ada"}}', 'ada'),
    ('{EMPTY}', 'idle', '{{"graph_id": null, "owner": "ada"}}', 'ada');
INSERT INTO assistant VALUES
    ('{ASSISTANT}', 'Careful', NULL, 'approval', '{{}}', 'ada', now(), now(), '{{}}', 2, '{{}}'),
    ('e234584d-b7bf-527f-9d06-ba77f8f5172d', 'approval', NULL, 'approval', '{{}}', 'system',
        now(), now(), '{{}}', 1, '{{}}');
INSERT INTO assistant_versions VALUES
    ('{ASSISTANT}', 1, 'approval', NULL, NULL, now(), '{{}}', 'Hasty', NULL),
    ('{ASSISTANT}', 2, 'approval', '{{}}', '{{}}', now(), '{{}}', 'Careful', NULL);
"""


def test_aegras_threads_and_assistants_go_on_here(tmp_path: Path) -> None:
    (queries,) = [block.text for block in blocks(PAGE) if block.language == "sql"]
    with installed(tmp_path) as server:
        server.start()
        with server.sync_client() as client:
            ours = client.threads.create()["thread_id"]
            client.runs.wait(ours, "approval", input={})
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                databases.execute(server.database_uri, f"UPDATE {table} SET thread_id = '{THREAD}'")
            for statements in (TABLES, ROWS, queries):
                databases.execute(server.database_uri, statements)

            server.until(lambda: client.threads.get(THREAD)["interrupts"])

            assert client.threads.get(THREAD)["status"] == "interrupted"
            assert len(client.threads.search(metadata={"owner": "ada"})) == 2
            assert client.threads.get(EMPTY)["status"] == "idle"
            assert len(client.threads.get_history(THREAD)) > 1
            versions = client.assistants.get_versions(ASSISTANT)
            assert [version["name"] for version in versions] == ["Careful", "Hasty"]
            client.runs.wait(THREAD, ASSISTANT, command={"resume": True})
            assert client.threads.get(THREAD)["status"] == "idle"
