"""What nearly every test of runs starts from."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from runs import lease
from runs.lease import TRUSTED, Lease

Claim = Callable[..., list[Lease]]


@pytest.fixture
def claim() -> Claim:
    """Claim as some worker would; `expired` leases are over as soon as they are given."""

    def claim(
        limit: int = 100,
        *,
        owner: UUID | None = None,
        queues: tuple[str, ...] = ("default",),
        expired: bool = False,
        crashes: range = TRUSTED,
    ) -> list[Lease]:
        seconds = timedelta(seconds=-1 if expired else 15)
        owner = owner or uuid4()
        return lease.claim(owner=owner, queues=queues, limit=limit, lease=seconds, crashes=crashes)

    return claim
