"""A candidate that is scored beside the model in force, watched: both tables, both models' hot leads, and the lag."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any, NamedTuple

from streamprocessor.contract.changelog.entry import RESERVED
from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, CONTACTS_CHANGELOG
from streamprocessor.kafka.admin.consumer_group import committed_offsets
from streamprocessor.kafka.admin.reconcile import Layout, end_offsets
from streamprocessor.kafka.broker_wait import once_kafka_answers
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.partitioner import is_misplaced
from streamprocessor.process.clock import now_ms
from streamprocessor.process.lifecycle import run_until
from streamprocessor.shadow.candidate import Candidate, candidate_of_revision
from streamprocessor.shadow.comparison import LIVE, SHADOW, Crossing, TableComparison
from streamprocessor.shadow.follower import Follower
from streamprocessor.shadow.hot_lead_count import HotLeadCount
from streamprocessor.shadow.lag import GroupLag, LagHistory, OffsetReading
from streamprocessor.shadow.metrics import Metrics
from streamprocessor.shadow.sightings import Sightings, compared_scores

LOOK_SECONDS = 2.0
BEHIND_SECONDS = 60.0
"""A candidate is behind that lets records wait for longer."""
MOST_CROSSINGS = 200


_NONE = {"live": 0, "shadow": 0}


class WatchedSide(NamedTuple):
    """One of the two applications: its topics, and the model that its contacts are scored with."""

    layout: Layout
    revision: ModelRevision


class ShadowWatch:
    """Compares a candidate with the model in force for as long as it runs."""

    def __init__(self, clients: ClientSettings, live: WatchedSide, shadow: WatchedSide, metrics: Metrics) -> None:
        """Compare since the candidate was put in force in its own application."""
        self._clients, self._metrics, self._candidate = clients, metrics, shadow.revision
        models = model_of(live.revision), model_of(shadow.revision)
        scores = compared_scores(*models)
        self.comparison = TableComparison(scores)
        self._layout = shadow.layout
        self._partitions = next(topic.partitions for topic in live.layout.input_names().values())
        since_ms = shadow.revision.applied_at_ms
        sides = (live, shadow)
        self._hot_leads = tuple(HotLeadCount(f"streamprocessor/{side.layout.group}", since_ms) for side in sides)
        self._sightings = tuple(Sightings(model, scores) for model in models)
        self._tables = [
            Follower(clients, each.layout.full_name(CONTACTS_CHANGELOG), partial(self._note, side))
            for side, each in enumerate(sides)
        ]
        self._announcements = [
            Follower(clients, each.layout.full_name(BECAME_HOT_LEAD), partial(self._count, side), since_ms)
            for side, each in enumerate(sides)
        ]
        self._history = LagHistory()
        self._lag = GroupLag()

    async def run(self) -> None:
        """Go on for ever; raises TopicError, BrokerError or KafkaError where Kafka can't be used."""
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        followers = (*self._tables, *self._announcements)
        await run_until(never, *(follower.run() for follower in followers), self._look())

    def tell_metrics(self) -> None:
        """Bring the metrics up to date."""
        self._metrics.tell(self.comparison, (self._hot_leads[LIVE], self._hot_leads[SHADOW]), self._lag)

    @property
    def is_current(self) -> bool:
        """Whether both tables are known whole."""
        return all(table.is_current for table in self._tables)

    def answer(self) -> dict[str, Any]:
        """The comparison as it is at this moment, as the shadow's API tells it."""
        at_ms, lag, comparison = now_ms(), self._lag, self.comparison
        a_day = [each.a_day(at_ms) for each in self._hot_leads]
        state = "starting" if not self.is_current else "behind" if lag.seconds >= BEHIND_SECONDS else "running"
        return {
            "candidate": candidate_of_revision(self._candidate)._asdict(),
            "since": format_rfc3339(self._candidate.applied_at_ms),
            "state": state,
            "reason": self._why_behind() if state == "behind" else None,
            "contacts": comparison.contacts,
            "agreement": {
                score: {**each._asdict(), "matrix": [row._asdict() for row in each.matrix]}
                for score, each in comparison.agreement().items()
            },
            "only_live": [_crossing(each) for each in comparison.crossings(LIVE, MOST_CROSSINGS)],
            "only_shadow": [_crossing(each) for each in comparison.crossings(SHADOW, MOST_CROSSINGS)],
            "only_live_contacts": comparison.hot_by_one_alone(LIVE),
            "only_shadow_contacts": comparison.hot_by_one_alone(SHADOW),
            "hot_leads": {"live": self._hot_leads[LIVE].count, "shadow": self._hot_leads[SHADOW].count},
            "hot_leads_a_day": None if None in a_day else {"live": a_day[LIVE], "shadow": a_day[SHADOW]},
            "lag_seconds": round(lag.seconds, 1),
            "lag_records": lag.records,
            "arriving_per_second": round(lag.arriving_per_second, 1),
            "scored_per_second": round(lag.committed_per_second, 1),
        }

    def _why_behind(self) -> str:
        lag = self._lag
        return (
            f"{lag.records} records wait, the oldest for {lag.seconds:.0f} s: {lag.committed_per_second:.0f} a second "
            f"are scored, {lag.arriving_per_second:.0f} arrive; the model in force goes on as before. More workers of "
            f"the shadow share its partitions: `streamprocessor worker --app-id {self._layout.app_id}`"
        )

    def _note(self, side: int, record: Any) -> None:
        key = record.key
        if not key or key.startswith(RESERVED) or is_misplaced(key, record.partition, self._partitions):
            return
        self.comparison.note(side, key, self._sightings[side].of(record.value))

    def _count(self, side: int, record: Any) -> None:
        self._hot_leads[side].note(record.headers)

    async def _look(self) -> None:
        inputs = [name for name, topic in self._layout.names().items() if topic.number is not None]
        while True:
            reading = await once_kafka_answers(partial(self._read_offsets_whole, inputs))
            self._lag = self._history.note(reading)
            await asyncio.sleep(LOOK_SECONDS)

    async def _read_offsets_whole(self, inputs: list[str]) -> OffsetReading:
        """As _read_offsets; also where it is cancelled it ends first: aiokafka leaves half a connection open."""
        reading = asyncio.ensure_future(self._read_offsets(inputs))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            await asyncio.gather(reading, return_exceptions=True)
            raise

    async def _read_offsets(self, inputs: list[str]) -> OffsetReading:
        ends = await end_offsets(self._clients, inputs)  # first: what comes meanwhile, and is scored, is no lag
        committed = await committed_offsets(self._clients, self._layout.group)
        return OffsetReading(time.monotonic(), ends, committed)


def nothing_yet(candidate: Candidate, failure: str) -> dict[str, Any]:
    """The answer of a candidate whose table is not there yet. failure: why it won't be; "": it is being made."""
    return {
        "candidate": candidate._asdict(),
        "since": format_rfc3339(now_ms()),
        "state": "failed" if failure else "copying",
        "reason": failure or None,
        "contacts": 0,
        "agreement": {},
        "only_live": [],
        "only_shadow": [],
        "only_live_contacts": 0,
        "only_shadow_contacts": 0,
        "hot_leads": _NONE,
        "hot_leads_a_day": None,
        "lag_seconds": 0.0,
        "lag_records": 0,
        "arriving_per_second": 0.0,
        "scored_per_second": 0.0,
    }


def _crossing(crossing: Crossing) -> dict[str, Any]:
    return {
        "contact_id": crossing.contact_id,
        "display_name": crossing.name,
        "at": format_rfc3339(crossing.at_ms),
    }
