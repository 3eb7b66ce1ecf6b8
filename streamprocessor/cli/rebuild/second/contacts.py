"""The contacts of a second table: each goes on from what the first one has of it, and anew whenever that changes."""

from __future__ import annotations

from collections import Counter, defaultdict

from streamprocessor.cli.rebuild.acknowledged_writer import AcknowledgedWriter
from streamprocessor.cli.rebuild.second.carried_contact import ContactCarrier, EvidenceOrigin
from streamprocessor.cli.rebuild.second.former_contacts import FormerContacts
from streamprocessor.cli.rebuild.second.topics_reading import TopicsReading
from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.kafka.admin.consumer_group import Offsets
from streamprocessor.kafka.partitioner import partition_of

_NAMED = 5
_OWING = 1
"""The number of the micro-batch that owes; no marker says that it was announced."""


class SecondContacts:
    """Writes contacts into a changelog that no worker has yet."""

    def __init__(
        self, former: FormerContacts, reading: TopicsReading, carrier: ContactCarrier, changelog: str, partitions: int
    ) -> None:
        """changelog: its full name; partitions: how many it has."""
        self._former, self._reading, self._carrier = former, reading, carrier
        self._changelog, self._partitions = changelog, partitions
        self._origins: dict[bytes, EvidenceOrigin] = {}

    async def catch_up(self, writer: AcknowledgedWriter, committed: Offsets) -> None:
        """Write whoever changed by what the first table's workers did. committed: what they had applied before."""
        await self._former.catch_up()
        await self._reading.read_to(committed)
        await self._write_changed(writer)

    async def catch_up_wholly(self, writer: AcknowledgedWriter, committed: Offsets) -> None:
        """As catch_up, where no worker runs any more: also by what was applied and is not committed."""
        await self.catch_up(writer, committed)
        await self._reading.read_beyond(self._former.is_applied)
        await self._write_changed(writer)

    def erased(self) -> dict[bytes, int]:
        """The instants of erasures in epoch milliseconds, by pseudonym."""
        return self._reading.builder.erased | self._former.erased()

    def covers_all(self) -> bool:
        """Whether all evidence is from the topics, so that none lacks what the model needs."""
        older = {EvidenceOrigin.LONGER, EvidenceOrigin.COMPACTED, EvidenceOrigin.LINKED}
        return older.isdisjoint(self._origins.values())

    def sentences(self) -> list[str]:
        """How many contacts there are of each origin; of those that ask for a look some by their ids."""
        by_origin: dict[EvidenceOrigin, list[bytes]] = defaultdict(list)
        for key, origin in self._origins.items():
            by_origin[origin].append(key)
        counts = Counter(self._origins.values())
        return [
            f"{counts[origin]} contacts {origin}{'' if origin is EvidenceOrigin.SAME else _named(by_origin[origin])}"
            for origin in EvidenceOrigin
            if counts[origin]
        ]

    async def _write_changed(self, writer: AcknowledgedWriter) -> None:
        for key in self._former.take_changed() | self._reading.builder.take_changed():
            where = self._changelog, partition_of(key, self._partitions)
            reading = self._reading.builder.reading_of(key)
            carried = self._carrier.carried(key.decode(), self._former.record_of(key), reading)
            if carried is not None:
                self._origins[key] = carried.origin
                record = encode_record(carried.record)
                await writer.send(where, key, encode_entry(record, _OWING if carried.owed else 0, carried.owed))
            elif self._origins.pop(key, None) is not None:
                await writer.send(where, key, None)


def _named(keys: list[bytes]) -> str:
    more = ", ..." if len(keys) > _NAMED else ""
    return f" ({', '.join(key.decode() for key in keys[:_NAMED])}{more})"
