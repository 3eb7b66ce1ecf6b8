"""Input in which ids turn out to be one person; reproducible, and with one end in whatever order it arrives."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from tests.harness.settling import until_settled
from tests.harness.system import Sent, System
from tests.harness.traffic import traffic
from tests.scoring.identity.cases import HOUR_MS, Statement


def sent(statement: Statement, name: str, occurred_at_ms: int | None) -> Sent:
    """A word of a story as a record; name: its id. occurred_at_ms None: when it arrives, less its ago_ms."""
    key = statement.contact.encode()
    times = {} if occurred_at_ms is None else {"occurred_at": occurred_at_ms}
    if isinstance(statement.what, str):
        return Sent("form-submissions", key, {"id": statement.what, "properties": {"form": statement.what}, **times})
    return Sent("contact-updates", key, {"id": name, **statement.what, **times})


async def tell(system: System, *words: Statement) -> None:
    """Send words that occur now, less what they say, and wait until all that follows from them has happened."""
    now_ms = int(time.time() * 1000)
    await system.send(
        sent(
            statement, f"{statement.contact} {statement.what}", now_ms - statement.ago_ms if statement.ago_ms else None
        )
        for statement in words
    )
    await until_settled(system)


class Relations:
    """Ids and how they were linked, each link's end the same in whatever order the words arrive.

    Of ten merges seven join into trees (a child goes into an id before it, so there is no cycle), and one each is a
    cycle of two, a computer (or another known contact) that two known contacts claim, or a merge that is taken back.
    """

    def __init__(self, seed: int, contacts: int, merges: int, now_ms: int) -> None:
        self._chance = random.Random(seed)
        self._said_at_ms = now_ms - HOUR_MS
        self.ids = [f"c-{n}" for n in range(contacts)]
        self.updates: list[Sent] = []
        free = self._chance.sample(range(1, contacts), min(merges, contacts - 1))
        for number, child in enumerate(free):
            kind = number % 10
            if kind == 0:
                self._cycle(f"x-{number}", f"y-{number}")
            elif kind == 1:
                claimed = f"anon:pc-{number}" if number % 20 == 1 else f"pc-{number}"
                self._shared_computer(claimed, *self._chance.sample(self.ids, 2))
            elif kind == 2:
                self._taken_back(f"m-{number}", f"n-{number}")
            else:
                self._join(child)

    def records(self, seed: int, events: int, now_ms: int) -> list[Sent]:
        """All updates among events of all ids, in any order; one event in twenty comes under a second id too."""
        chance = random.Random(seed)
        found = list(self.updates)
        for record in traffic(seed, len(self.ids), events, now_ms):
            assert record.key is not None
            number = int(record.key.removeprefix(b"c-"))
            found.append(record._replace(key=self.ids[number].encode()))
            if chance.random() < 0.05:
                found.append(record._replace(key=chance.choice(self.ids).encode()))
        chance.shuffle(found)
        return found

    def _join(self, child: int) -> None:
        """A known contact into one before it, or a visitor or an address into a known one, said either way round."""
        parent = self.ids[self._chance.randrange(child)]
        kind = self._chance.random()
        if kind < 0.4:
            self._say(self.ids[child], parent, "merge")
            return
        unknown = f"anon:v-{child}" if kind < 0.8 else f"email:m-{child}"
        self.ids.append(unknown)
        if kind < 0.6:
            self._say(unknown, self.ids[child], "identify")
        elif kind < 0.9:
            self._say(unknown, self.ids[child], "merge")
        else:
            self._say(self.ids[child], unknown, "merge")

    def _cycle(self, one: str, other: str) -> None:
        self.ids += [one, other]
        self._say(one, other, "merge")
        self._say(other, one, "merge")

    def _shared_computer(self, computer: str, one: str, other: str) -> None:
        self.ids.append(computer)
        self._say(computer, one, "identify")
        self._say(computer, other, "identify")

    def _taken_back(self, source: str, contact: str) -> None:
        self.ids += [source, contact]
        self._say(source, contact, "merge")
        self._say(source, contact, "unmerge")

    def _say(self, source: str, contact: str, update: str) -> None:
        self._said_at_ms += 1
        name = {"identify": "anonymous_id"}.get(update, "from")
        body: dict[str, Any] = {"id": f"u-{len(self.updates)}", "update": update, name: source}
        self.updates.append(Sent("contact-updates", contact.encode(), body | {"occurred_at": self._said_at_ms}))


def in_slices(records: list[Sent], slices: int) -> Iterator[list[Sent]]:
    """The records in so many parts of about one size, in their order."""
    size = -(-len(records) // slices)
    return (records[start : start + size] for start in range(0, len(records), size))
