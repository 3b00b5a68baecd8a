"""Several processes start at the same moment on a database that nobody has served from."""

from pathlib import Path
from uuid import UUID, uuid5

from langgraph_server.config.loading import server_config
from tests.flows.conftest import Report
from tests.support.installation import installed

NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")


async def test_there_is_one_system_assistant_per_graph(tmp_path: Path, report: Report) -> None:
    with installed(tmp_path) as server:
        server.start(web=2, workers=2)
        made = server.rows("SELECT assistant_id, graph_id, name, version, metadata FROM assistants_assistant")
        assert server.troubles() == []
    graphs = server_config().graphs
    assert sorted(made, key=lambda row: str(row[1])) == [
        (uuid5(NAMESPACE, graph_id), graph_id, graph_id, 1, {"created_by": "system"}) for graph_id in sorted(graphs)
    ]
    report(processes=4, graphs=len(graphs))
