"""A worker's own clock, in a process of its own."""

from pathlib import Path

from tests.support.installation import installed

FIRED = "SELECT count(*) FROM crons_cronfiring WHERE run_id IS NOT NULL"
LATE = "SELECT count(*) FROM crons_cronfiring WHERE lag > interval '5 seconds'"


async def test_crons_fire_where_no_beat_ticks(tmp_path: Path) -> None:
    with installed(tmp_path) as installation:
        installation.start()
        async with installation.client() as client:
            await client.crons.create("echo", schedule="* * * * * *", input={"said": "hi"})

        installation.until(lambda: installation.value(FIRED) >= 3, patience=60)

        assert installation.value(LATE) == 0
