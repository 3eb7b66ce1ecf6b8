"""What the endpoints share: the database, the scorer, who may ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from streamprocessor.readmodel.gateways.delivery_client import DeliveryClient
from streamprocessor.readmodel.gateways.eraser import Eraser
from streamprocessor.readmodel.gateways.import_jobs import ImportJobs
from streamprocessor.readmodel.gateways.subscription_topic import SubscriptionTopic
from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.requests.sessions import Sessions
from streamprocessor.readmodel.requests.tokens import Tokens
from streamprocessor.readmodel.store.cache import Cache
from streamprocessor.readmodel.store.counts import Counts
from streamprocessor.readmodel.store.database import reading
from streamprocessor.readmodel.store.distribution import Distribution
from streamprocessor.readmodel.store.queries import SortOrder, distribution_of
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

Tell = Callable[[Scorer, Record, str, int], dict[str, Any]]
"""What is told of a contact at an instant, in the shape of `score --json`."""

_SPREAD_SECONDS, _OLD_SPREAD_SECONDS = 2.0, 8.0
_SHARES_SECONDS = 60.0


@dataclass(frozen=True)
class Gateways:
    """What others do for clients, and what bounds it.

    allowed_hosts: names of hosts that webhooks may go to though they are inside, or plain http. mappings: the folder of
    what CSV columns mean.
    """

    eraser: Eraser
    subscriptions: SubscriptionTopic
    delivery: DeliveryClient
    imports: ImportJobs
    allowed_hosts: frozenset[str]
    mappings: Path


@dataclass(frozen=True)
class Figures:
    """What is costly to find out of all contacts, and may be some seconds old."""

    spreads: Cache[Distribution] = field(
        default_factory=lambda: Cache(time.monotonic, _SPREAD_SECONDS, _OLD_SPREAD_SECONDS)
    )
    shares: Cache[Any] = field(default_factory=lambda: Cache(time.monotonic, _SHARES_SECONDS))
    counts: Counts = field(default_factory=lambda: Counts(time.monotonic))


@dataclass(frozen=True)
class ApiContext:
    """The shared parts.

    model_text: of the model in force, as its file has it. answer, export: what is told of a contact, and everything
    that is kept of it.
    """

    engine: Engine
    scorer: Callable[[], Scorer]
    model_text: Callable[[], str]
    tokens: Tokens
    sessions: Sessions
    answer: Tell
    export: Tell
    metrics: Metrics
    clock_ms: Callable[[], int]
    errands: Gateways
    figures: Figures = field(default_factory=Figures)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction all of whose questions see one state of the tables."""
        with reading(self.engine) as connection:
            yield connection

    def spread_of(self, order: SortOrder) -> Distribution:
        """How the score is spread over all contacts, at most some seconds ago. Not to be asked while reading."""

        def find() -> Distribution:
            with self.reading() as connection:
                return distribution_of(connection, order.score, order.value)

        return self.figures.spreads.of(order, find)
