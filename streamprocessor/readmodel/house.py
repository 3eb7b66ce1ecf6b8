"""What the endpoints share: the database, the scorer, who may ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection, Engine

from streamprocessor.readmodel.counts import Counts
from streamprocessor.readmodel.database import reading
from streamprocessor.readmodel.delivery_process import DeliveryProcess
from streamprocessor.readmodel.erasing import Eraser
from streamprocessor.readmodel.import_jobs import ImportJobs
from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.queries import Order, spread_of
from streamprocessor.readmodel.spread import Spread
from streamprocessor.readmodel.subscribed import SubscriptionTopic
from streamprocessor.readmodel.tokens import Grant, Tokens
from streamprocessor.scoring.record import Record
from streamprocessor.scoring.scorer import Scorer

Tell = Callable[[Scorer, Record, str, int], dict[str, Any]]
"""What is told of a contact at an instant, in the shape of `score --json`."""

_SPREAD_SECONDS = 2.0
_MOST_SPREADS = 1_000


class Call(NamedTuple):
    """One request: names in its path, its query and body as the endpoint's models have them, and who asks.

    A raw body is its parts as they come, as an async iterator of bytes.
    """

    path: dict[str, str]
    query: Any
    body: Any
    grant: Grant


@dataclass(frozen=True)
class House:
    """The shared parts. answer, export: what is told of a contact, and everything that is kept of it.

    allowed_hosts: names of hosts that webhooks may go to though they are inside, or plain http. mappings:
    the folder of what CSV columns mean.
    """

    engine: Engine
    scorer: Callable[[], Scorer]
    tokens: Tokens
    eraser: Eraser
    answer: Tell
    export: Tell
    metrics: Metrics
    clock_ms: Callable[[], int]
    subscriptions: SubscriptionTopic
    delivery: DeliveryProcess
    allowed_hosts: frozenset[str]
    imports: ImportJobs
    mappings: Path
    spreads: Spreads = field(default_factory=lambda: Spreads(time.monotonic))
    counts: Counts = field(default_factory=lambda: Counts(time.monotonic))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction all of whose questions see one state of the tables."""
        with reading(self.engine) as connection:
            yield connection


class Spreads:
    """Spreads of scores, each looked up again when it is some seconds old."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[Order, tuple[float, Spread]] = {}
        self._lock = Lock()

    def of(self, connection: Connection, score: str, value: str = "") -> Spread:
        """The spread of the score, at most some seconds old."""
        order = Order(score, value)
        with self._lock:
            known = self._known.get(order)
            if known is not None and self._clock() < known[0]:
                return known[1]
            spread = spread_of(connection, score, value)
            if len(self._known) >= _MOST_SPREADS:
                self._known.clear()
            self._known[order] = (self._clock() + _SPREAD_SECONDS, spread)
            return spread


class RawBody(NamedTuple):
    """A body that the endpoint reads by itself. kinds: the JSON Schema of each media type that it may be."""

    kinds: Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Endpoint:
    """One thing that can be asked for.

    query, body: models of what comes; body None: nothing. answer: the model of what goes, media: where it is no JSON.
    """

    method: str
    path: str
    name: str
    summary: str
    scope: str
    answer: type[BaseModel] | None
    handle: Callable[[House, Call], Any]
    query: type[BaseModel]
    body: type[BaseModel] | RawBody | None = None
    status: int = 200
    media: tuple[str, ...] = ("application/json",)
