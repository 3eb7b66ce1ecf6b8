"""For each fault the right alert, and only it, reaches who should hear of it; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.alerts.monitoring import MISSING
from tests.ops.gameday.breaks import BREAKS
from tests.ops.gameday.gameday import outcomes, table

pytestmark = [
    pytest.mark.ops,
    pytest.mark.kafka,
    pytest.mark.timeout(2400),
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)} (apt-get install)"),
]


async def test_each_fault_brings_its_alert_and_no_other_and_costs_nothing(tmp_path: Path) -> None:
    found = [outcome async for outcome in outcomes(tmp_path, BREAKS)]

    assert all(outcome.is_right for outcome in found), table(found)
