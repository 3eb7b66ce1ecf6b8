"""What a telling leaves to chance: through which doors, under which id, in which spelling, when."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from streamprocessor.contract.contact_ids import ContactIds
from tests.faults.people.people import DAY_MS, Person
from tests.faults.people.spelling import spelled
from tests.harness.processes import ADDRESS_SALT

T = TypeVar("T")

CONTACT_IDS = ContactIds(ADDRESS_SALT)


class Chance(random.Random):
    """Reproducible choices; each id that it makes is a new one."""

    def __init__(self, seed: int, now_ms: int) -> None:
        super().__init__(seed)
        self._now_ms = now_ms
        self._made = 0

    def some(self, *ways: Callable[[], T]) -> list[T]:
        """What comes of one or two of the ways."""
        count = min(len(ways), self.choice((1, 1, 2)))
        return [way() for way in self.sample(ways, count)]

    def new_id(self) -> str:
        """An id as clients make them."""
        self._made += 1
        return f"told-{self._made:011}"

    def time_ms(self) -> int:
        """An instant within the last 20 days."""
        return self._now_ms - self.randrange(20 * DAY_MS)

    def mail(self, person: Person) -> str:
        """One of the person's addresses, in some spelling."""
        return spelled(self, self.choice(person.addresses))

    def any_id(self, person: Person) -> str:
        """Any of the contact ids that the person goes by."""
        addresses = map(CONTACT_IDS.address, person.addresses)
        return self.choice([*person.numbers, *addresses, *map(CONTACT_IDS.anonymous, person.browsers)])


def survivor_of(person: Person) -> str:
    """The one contact that all the words on the person come down to."""
    if person.customer is not None:
        return person.customer
    return CONTACT_IDS.address(person.addresses[0]) if person.addresses else CONTACT_IDS.anonymous(person.browsers[0])
