"""The retained input topics read into a table in the making, as far as somebody says they were applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from streamprocessor.cli.rebuild.application import Application
from streamprocessor.cli.rebuild.input_replay import beginnings_of
from streamprocessor.cli.rebuild.second.input_reader import Places, in_order_of_arrival
from streamprocessor.cli.rebuild.second.table_builder import BuildPlan, TableBuilder
from streamprocessor.contract.changelog.pseudonyms import pseudonym_under
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.topic_names import EVIDENCE_TRANSFERS
from streamprocessor.contract.topics.topics import inputs, topic_named
from streamprocessor.kafka.admin.reconcile import Layout, end_offsets
from streamprocessor.scoring.scorer import Scorer

IsApplied = Callable[[int, Any], bool]
"""Whether a record of the input topic of this number was applied already."""


def build_plan(layout: Layout, scorer: Scorer, contact_ids: ContactIds, erasure_salt: str) -> BuildPlan:
    """The plan by which workers of these topics would make their table."""
    numbered = {topic.number or 0: topic for topic in inputs(layout.topics)}
    return BuildPlan(
        scorer=scorer,
        decoders={number: value_decoder_for(topic) for number, topic in numbered.items()},
        full_names={number: layout.full_name(topic.name) for number, topic in numbered.items()},
        transfers_number=topic_named(layout.topics, EVIDENCE_TRANSFERS).number or 0,
        partitions=next(topic.partitions for topic in layout.input_names().values()),
        contact_ids=contact_ids,
        pseudonym=pseudonym_under(erasure_salt),
    )


class TopicsReading:
    """A reading of the input topics.

    builder: what was read so far; positions: up to where.
    """

    def __init__(
        self,
        application: Application,
        plan: BuildPlan,
        erased: Mapping[bytes, int],
        progress: Callable[[int, int], None],
    ) -> None:
        """Begin with nothing read, but knowing who is erased.

        progress: called now and then with how many records of how many are read.
        """
        self._progress = progress
        self._clients = application.clients
        self._numbers = {name: topic.number or 0 for name, topic in application.layout.input_names().items()}
        self.builder = TableBuilder(plan, erased)
        self.positions: dict[tuple[str, int], int] = {}

    async def begin(self) -> None:
        """Stand at the first record of each partition that is still there."""
        self.positions = await beginnings_of(self._clients, list(self._numbers))

    async def read_to(self, ends: Places) -> None:
        """Read on to these ends; partitions of other topics, or none, are passed over."""
        await self._read({place: ends.get(place, 0) for place in self.positions}, None)

    async def read_beyond(self, is_applied: IsApplied) -> None:
        """Read what lies beyond, as far as it was applied; the positions stay."""
        positions = self.positions.copy()
        await self._read(await end_offsets(self._clients, self._numbers), is_applied)
        self.positions = positions

    async def _read(self, ends: Places, is_applied: IsApplied | None) -> None:
        places = defaultdict(list)
        for name, number in self.positions:
            places[number].append((name, number))
        total = sum(max(0, ends[place] - position) for place, position in self.positions.items())
        count = 0
        for number, of_number in sorted(places.items()):
            starts = {place: self.positions[place] for place in of_number}
            until = {place: ends[place] for place in of_number}
            async for records in in_order_of_arrival(self._clients, starts, until):
                count += len(records)
                self._progress(count, total)
                items = [(self._numbers[record.topic], record) for record in records]
                self.builder.add(number, [item for item in items if is_applied is None or is_applied(*item)])
            self.positions |= {place: max(starts[place], end) for place, end in until.items()}
        self.builder.settle()
