"""What a round found: its figures, and whatever broke a promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.rounds.ground import Ground

INEXACT = """
SELECT t.thread_id::text, t.values::jsonb -> 'done' FROM threads_thread t
JOIN runs_run r USING (thread_id)
WHERE r.graph_id = 'steps' AND r.status = 'success' AND (t.values::jsonb -> 'done') IS DISTINCT FROM (
    SELECT jsonb_agg(n) FROM generate_series(0, (r.kwargs::jsonb #>> '{input,steps}')::int - 1) n
)
"""


@dataclass
class Findings:
    figures: dict[str, Any] = field(default_factory=dict)
    breaches: dict[str, Any] = field(default_factory=dict)

    def tell(self, **figures: Any) -> None:
        self.figures.update(figures)

    def refuse(self, sentence: str, found: Any) -> None:
        """The sentence says what must not be; what is found, if anything, is the proof that it is."""
        if found:
            self.breaches[sentence] = found

    def require(self, sentence: str, holds: Any) -> None:
        if not holds:
            self.breaches[sentence] = "not so"

    def audit(self, ground: Ground, run_ids: Sequence[str] = (), *, statuses: Sequence[str] = ("success",)) -> None:
        """What every round ends with: nothing lost, stuck or doubled, and the laws of the rows hold."""
        server = ground.server
        known = dict(
            server.rows("SELECT run_id::text, status FROM runs_run WHERE run_id = ANY(%s::uuid[])", list(run_ids))
        )
        self.refuse("acknowledged runs are lost", [run_id for run_id in run_ids if run_id not in known][:10])
        ended = [(run_id, status) for run_id, status in known.items() if status not in statuses]
        self.refuse(f"runs ended otherwise than as {', '.join(statuses)}", ended[:10])
        self.refuse("threads hold steps twice or not at all", server.rows(INEXACT)[:10])
        for law, rows in server.audit().items():
            self.refuse(f"it does not hold that {law}", rows)
        self.refuse("errors were logged", [(told["message"], str(told)[-1500:]) for told in ground.troubles()][:5])
        attempts: Mapping[int, int] = dict(
            server.rows("SELECT attempt, count(*)::int FROM runs_run GROUP BY attempt ORDER BY attempt")
        )
        self.tell(runs_by_attempt=attempts)
