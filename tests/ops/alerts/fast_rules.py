"""The shipped rules and routes on a faster clock: the same expressions, each duration divided.

Minutes and seconds pass ten times as fast; below that Kafka's own sessions would be longer than what alerts wait for.
An hour is a minute and a day ten of them, and a week is two minutes and a half, so that silence against last week can
be had while somebody looks on, and lasts longer than the alert waits. Windows of one unit against another's are thus
shorter than they are shipped: what burns a budget over hours is tried by promtool alone.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.harness.system import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
SECONDS_OF = {"s": 0.1, "m": 6.0, "h": 60.0, "d": 600.0, "w": 150.0}
DURATION = r"(\d+)([smhdw])\b"


def fast_rules() -> str:
    """The text of the rules."""
    text = (PROMETHEUS / "streamprocessor.rules.yml").read_text()
    text = re.sub(rf"(for: |interval: |\[|offset ){DURATION}", _fast, text)
    return re.sub(r"(\d+) # seconds", lambda found: f"{int(found[1]) * SECONDS_OF['s']:g}", text)


def fast_alertmanager(address: str) -> str:
    """The text of Alertmanager's file, all receivers at this address, each under its name."""
    text = (PROMETHEUS / "alertmanager.yml").read_text()
    text = re.sub(rf"(group_wait: |group_interval: |repeat_interval: ){DURATION}", _fast, text)
    return re.sub(
        r"^  - name: (\w+)$", rf"  - name: \1\n    webhook_configs: [{{url: {address}/\1}}]", text, flags=re.M
    )


def _fast(found: re.Match[str]) -> str:
    milliseconds = round(int(found[2]) * SECONDS_OF[found[3]] * 1000)
    return f"{found[1]}{max(milliseconds, 1)}ms"


def write_fast(folder: Path, receivers: str) -> tuple[Path, Path]:
    """The two files, written into the folder. receivers: the address that Alertmanager posts to."""
    rules, alertmanager = folder / "fast.rules.yml", folder / "alertmanager.yml"
    rules.write_text(fast_rules())
    alertmanager.write_text(fast_alertmanager(receivers))
    return rules, alertmanager
