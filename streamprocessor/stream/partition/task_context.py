"""What the lanes of a worker have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn

from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.lease import Lease
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch import Decode
from streamprocessor.stream.partition.microbatch_metrics import Meter
from streamprocessor.stream.partition.outbox import Outbox


@dataclass(slots=True)
class TaskContext:
    """What all lanes of a worker share. scorer changes with the model's revision; partition_time_ms tells how far
    timers of a partition may go (None: unknown); flow pauses or resumes fetching a partition; longest_wait_seconds is
    what each lane's step may take, so that the stamps of all others stay young enough. long_steps: held while a step
    that does not end at once computes, for two at a time would both take twice as long."""

    scorer: Scorer
    hot_stages: HotStages
    source: str
    decoders: dict[int, Decode]
    topic_names: dict[int, str]
    full_names: dict[int, str]
    lease: Lease
    outbox: Outbox
    meter: Meter
    partition_time_ms: Callable[[int], int | None]
    flow: Callable[[int, bool], None]
    longest_wait_seconds: Callable[[], float]
    newer_model: Callable[[int], Awaitable[None]]
    give_up: Callable[[BaseException], NoReturn]
    long_steps: asyncio.Lock = field(default_factory=asyncio.Lock)
