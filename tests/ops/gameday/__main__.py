"""`python -m tests.ops.gameday`: breaks the whole system in twelve ways and prints what was told of each."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import click

from tests.ops.alerts.monitoring import MISSING
from tests.ops.gameday.breaks import BREAKS
from tests.ops.gameday.gameday import Outcome, outcomes, table


async def _play() -> bool:
    found: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="streamprocessor-gameday-") as folder:
        async for outcome in outcomes(Path(folder), BREAKS):
            found.append(outcome)
            click.echo(table([outcome]).splitlines()[-1])
    click.echo(f"\n{table(found)}\n\nnothing lost: all that was taken is scored as the oracle says")
    return all(outcome.is_right for outcome in found)


if MISSING:
    sys.exit(f"needs {', '.join(MISSING)}: apt-get install prometheus prometheus-alertmanager")
sys.exit(0 if asyncio.run(_play()) else 1)
