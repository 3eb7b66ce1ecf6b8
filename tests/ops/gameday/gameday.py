"""The system is broken in one way after the other; what was told of it, and whether anything is lost, is noted."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from tests.harness.commands import CommandEnd
from tests.harness.identity_verdict import assert_people_are_the_oracles, read_identity_run
from tests.harness.settling import until_settled
from tests.harness.system import until
from tests.ops.alerts.monitoring import FiredAlert
from tests.ops.gameday.breaks import Break
from tests.ops.gameday.running_system import RunningSystem

#: Alerts of one fault come together; what comes within this of the first is of the same.
TOGETHER_SECONDS = 8.0
#: The disk and the memory are the machine's, and others fill them too.
NOT_OF_A_BREAK = {"Watchdog", "DiskFills", "DiskNearlyFull", "MemoryNearLimit"}
log = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What came of a break. after_seconds: of each alert, by receiver and name. healed_seconds: until all was well."""

    broken: Break
    after_seconds: dict[tuple[str, str], float]
    told: Sequence[FiredAlert]
    said: str
    healed_seconds: float

    @property
    def is_right(self) -> bool:
        """The alerts that must come came, and no other."""
        came = set(self.after_seconds)
        return came >= self.broken.alerts and {name for _, name in came - self.broken.alerts} <= self.broken.may_come


async def outcomes(folder: Path, breaks: Sequence[Break]) -> AsyncIterator[Outcome]:
    """Each break's outcome, in order; fails at the end where anything that was taken is lost."""
    running = RunningSystem(folder)
    try:
        await running.start()
        for each in breaks:
            yield await _outcome(running, each)
        await _assert_nothing_is_lost(running)
    finally:
        await running.stop()


async def _outcome(running: RunningSystem, broken: Break) -> Outcome:
    monitoring = running.monitoring
    told_before, began_seconds = len(monitoring.told), time.monotonic()

    def told() -> dict[tuple[str, str], float]:
        found: dict[tuple[str, str], float] = {}
        for each in monitoring.told[told_before:]:
            if each.name not in NOT_OF_A_BREAK:
                found.setdefault((each.receiver, each.name), each.at_seconds - began_seconds)
        return found

    await broken.make(running)
    try:
        await until(told, lambda found: set(found) >= broken.alerts, broken.within_seconds, broken.name)
    except AssertionError as error:
        log.warning("%s", error)  # an outcome all the same
    await _until_all_have_come()
    said, alerts, fired = _sentence(await running.status()), told(), monitoring.told[told_before:]
    healing_seconds = time.monotonic()
    await broken.heal(running)
    await until(running.system.lag, lambda lag: lag < 1_000, 60, "healed")
    healed_seconds = time.monotonic() - healing_seconds
    # What fires while it heals is neither this break's nor the next one's: on the fast clock a rebalance takes minutes.
    await until(lambda: set(monitoring.pending()) - NOT_OF_A_BREAK, lambda names: not names, 60, "nothing pending")
    await _until_all_have_come()
    return Outcome(broken, alerts, fired, said, healed_seconds)


async def _until_all_have_come() -> None:
    """Return when all alerts of one fault have had their time to come."""
    began_seconds = time.monotonic()
    await until(time.monotonic, lambda now: now - began_seconds > TOGETHER_SECONDS, TOGETHER_SECONDS + 5, "together")


def _sentence(end: CommandEnd) -> str:
    if not end.output.strip():
        return f"{end.exit_code}: {end.complaint.strip().splitlines()[-1] if end.complaint.strip() else 'nothing'}"
    reasons = orjson.loads(end.output.splitlines()[0])["reasons"]
    return f"{end.exit_code}: {'; '.join(reasons) or 'well'}"


async def _assert_nothing_is_lost(running: RunningSystem) -> None:
    """What was answered with 200 is in the topics, every contact shows what the oracle says, every lead was sent."""
    await running.load.stop()
    await until_settled(running.system, 120)
    counts = Counter[str]()
    for topic in ("page-visits", "email-clicks", "activities", "form-submissions"):
        for record in await running.system.read(topic):
            if record.value is not None and record.value.startswith(b'{"'):
                counts[orjson.loads(record.value)["id"]] += 1
    assert running.load.claimed
    assert [name for name in running.load.claimed if not counts[name]] == []
    run = await read_identity_run(running.system)
    assert_people_are_the_oracles(run, running.model)
    wanted = {lead["contact_id"] for lead in run.hot_leads}

    def missing() -> set[str]:
        return wanted - {received.content["subject"] for received in running.crm.taken}

    await until(missing, lambda left: not left, 400, "every hot lead at its endpoint", 1.0)


def table(found: Sequence[Outcome]) -> str:
    """One line for each break."""
    lines = ["break | told | after | status said | healed in", "--- | --- | --- | --- | ---"]
    for each in found:
        told = ", ".join(f"{name} ({receiver})" for receiver, name in each.after_seconds) or "nothing"
        after = ", ".join(f"{seconds:.0f} s" for seconds in each.after_seconds.values())
        right = "" if each.is_right else " WRONG"
        lines.append(f"{each.broken.name} | {told}{right} | {after} | {each.said} | {each.healed_seconds:.0f} s")
    return "\n".join(lines)
