"""How a whole group is: what Kafka and the processes say, in one value, and what of it is not well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamprocessor.kafka.admin.consumer_group import ConsumerGroup, GroupMember

#: How long entries may lie in a spool before that is worth a word: Kafka may be slow for a moment.
SPOOL_SECONDS = 60.0


@dataclass(frozen=True)
class GroupStatus:
    """What was found out.

    name: the consumer group's.
    max_clock_skew_seconds: what is too much.
    kafka: why Kafka was not asked or did not answer; empty where it did.
    group, lag: what Kafka said; None and empty where it did not.
    processes: what each said, of all four kinds.
    """

    name: str
    max_clock_skew_seconds: float
    kafka: str = ""
    group: ConsumerGroup | None = None
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    processes: tuple[dict[str, Any], ...] = ()

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        """The processes of these kinds."""
        return [each for each in self.processes if each["process"] in kinds]

    def reasons(self) -> list[str]:
        """What is not well, a sentence each; nothing where all is."""
        found = [self.kafka] if self.kafka else []
        if self.group is not None and self.group.unowned:
            found.append(self.group.unowned_sentence(self.lag))
        for process in self.processes:
            where = f"{process['process']} at {process['address']}"
            found += [f"{where}: {sentence}" for sentence in (*process["not_ready"], *self._wrong(process))]
        return found

    def _wrong(self, process: Mapping[str, Any]) -> Iterable[str]:
        skew_seconds = process.get("clock_skew_seconds")
        if skew_seconds is not None and abs(skew_seconds) > self.max_clock_skew_seconds:
            yield f"its clock is {skew_seconds:g} s off Kafka's; wanted at most {self.max_clock_skew_seconds:g} s"
        age_seconds = process.get("spool_age_seconds")
        if age_seconds is not None and age_seconds > SPOOL_SECONDS:
            yield f"{process['spool_bytes']} bytes wait on its disk, the oldest for {age_seconds:.0f} s"
        disabled = process.get("disabled_subscriptions")
        if disabled:
            yield f"{disabled} endpoints are gone (410) and get nothing; `delivery list` names them"

    def topics(self) -> dict[str, int]:
        """How many records of each topic are not committed yet, by its full name."""
        topics = Counter[str]()
        for (topic, _), records in self.lag.items():
            topics[topic] += records
        return dict(topics)

    def partitions(self) -> list[dict[str, Any]]:
        """Every partition number in order: owner, lag, and what its worker says of it, None where nobody does."""
        if self.group is None:
            return []
        lag = Counter[int]()
        for (_, number), records in self.lag.items():
            lag[number] += records
        told = {each["partition"]: each for worker in self.of("worker") for each in worker.get("partitions", ())}
        owners = {number: member for member in self.group.members for number in member.numbers}
        return [
            self._partition(number, lag[number], owners.get(number), told.get(number, {}))
            for number in range(self.group.partitions)
        ]

    def _partition(
        self, number: int, lag_records: int, owner: GroupMember | None, told: Mapping[str, Any]
    ) -> dict[str, Any]:
        is_owned = owner is not None and self.group is not None and number not in self.group.unowned
        return {
            "partition": number,
            "owner": owner.name if is_owned and owner else None,
            "host": owner.host if is_owned and owner else None,
            "lag_records": lag_records,
            **{word: told.get(word) for word in ("lag_seconds", "recovered", "contacts", "timers", "next_timer_at_ms")},
        }

    def as_json(self) -> dict[str, Any]:
        """What programs get; README names its words."""
        group, reasons = self.group, self.reasons()
        return {
            "well": not reasons,
            "reasons": reasons,
            "kafka_answers": not self.kafka,
            "group": self.name,
            "state": group.state if group else None,
            "lag_records": sum(self.lag.values()) if group else None,
            "topics": self.topics(),
            "partitions_without_worker": group.unowned if group else None,
            "members": [
                {"name": member.name, "host": member.host, "partitions": member.numbers}
                for member in (group.members if group else ())
            ],
            "partitions": self.partitions(),
            "workers": self.of("worker", "process"),
            "collectors": self.of("collector"),
            "deliveries": self.of("delivery"),
            "apis": self.of("api"),
            "shadows": self.of("shadow"),
        }
