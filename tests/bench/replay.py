"""A replay of the backlog by two models on all cores, beside the rate of one worker over the same events."""

from __future__ import annotations

import asyncio
import resource
import time

from streamprocessor.contract.model_file.revisions import ModelRevision, newest_of
from streamprocessor.replay.run.crew import ReplayProgress
from streamprocessor.replay.run.order import ReplayOrder, candidate_after
from streamprocessor.replay.run.replays import replay_topics
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.throughput import steady_state
from tests.harness.processes import ADDRESS_SALT
from tests.harness.system import ROOT, System

OTHER_STAGE = ("warm: 16", "warm: 18")


def replay(rig: Rig) -> list[Figure]:
    """One worker's rate over all preloaded events, and that of a replay by the default model and another one."""
    worker = steady_state(rig, rig.system("busy", "beside-replay"), ROOT)
    rates = {figure.name: figure.value for figure in worker}
    before = asyncio.run(_in_force(rig.busy))
    text = before.text.replace(*OTHER_STAGE)
    if text == before.text:
        message = f"the default model: wanted {OTHER_STAGE[0]!r} in it, to make another one of; got none"
        raise RuntimeError(message)
    after = candidate_after(before, ModelRevision(0, before.name, "another", text, 0))
    order = ReplayOrder(rig.busy.settings, before, after, int(time.time() * 1000), ADDRESS_SALT)
    cpu_seconds, began = _cpu_seconds_of_ended(), time.perf_counter()
    outcome = replay_topics(order, _say_nothing)
    seconds = time.perf_counter() - began
    cpu_seconds = _cpu_seconds_of_ended() - cpu_seconds
    records = outcome.tally.records
    return [
        Figure("one worker", rates["steady state"], "events/s"),
        Figure("one worker, of the process", rates["steady state, of the process"], "events/CPU s"),
        Figure("replay by two models, from its start", records / seconds, "events/s"),
        Figure("replay by two models", records / cpu_seconds, "events/CPU s"),
        Figure("replay to one worker", records / seconds / rates["steady state"], "of the worker"),
        Figure("the largest part of the input in memory", outcome.tally.largest_bytes / 1e6, "MB"),
    ]


async def _in_force(system: System) -> ModelRevision:
    revision = newest_of(await system.read("models"))
    assert revision is not None
    return revision


def _cpu_seconds_of_ended() -> float:
    """The CPU time of all processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _say_nothing(_: ReplayProgress) -> None:
    """A bench draws no bar."""
