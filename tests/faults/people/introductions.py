"""Who the people are, as it is told: which numbers, addresses and browsers are one person's, her name and firm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.people.chance import CONTACT_IDS, Chance, survivor_of
from tests.faults.people.people import Person
from tests.faults.people.spelling import spelled
from tests.faults.people.wire import Row, Telling, segment_call
from tests.harness.system import Sent


class Introductions:
    """Tells who people are."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def of(self, person: Person) -> list[Telling]:
        """At least one word for each of the person's numbers, addresses, browsers and changes of firm."""
        tellings: list[Telling] = []
        if person.customer is not None:
            for address in person.addresses:
                tellings += self._address(self._chance.choice(person.numbers), address)
        if person.customer is not None and person.former is not None:
            tellings += self._merge(person.former, person.customer)
        for browser in person.browsers:
            known = [*([person.customer] if person.customer is not None else []), *person.addresses]
            for one in known if self._chance.random() < 0.3 else known[-1:]:
                tellings += self._browser(person, one, browser)
        return tellings + self._firms(person)

    def _merge(self, former: str, customer: str) -> list[Telling]:
        """That a customer had another number before."""
        said = {"previousId": former, "userId": customer}
        return self._chance.some(
            lambda: segment_call("alias", self._chance.new_id(), self._chance.time_ms(), said),
            lambda: self.update(customer, {"update": "merge", "from": former}),
        )

    def _address(self, customer: str, address: str) -> list[Telling]:
        """That the customer reads this address."""
        mail = spelled(self._chance, address)
        identify = {"update": "identify", "anonymous_id": CONTACT_IDS.address(mail)}
        said = {"userId": customer, "traits": {"email": mail}}
        return self._chance.some(
            lambda: segment_call("identify", self._chance.new_id(), self._chance.time_ms(), said),
            lambda: self.update(customer, {"update": "attributes", "attributes": {"email": mail}}),
            lambda: self.update(customer, identify),
        )

    def _browser(self, person: Person, known: str, browser: str) -> list[Telling]:
        """That the person, by her number or her address, is at the browser."""
        contact = known if known == person.customer else CONTACT_IDS.address(known)
        identify = {"update": "identify", "anonymous_id": CONTACT_IDS.anonymous(browser)}
        return self._chance.some(
            lambda: self._identify_browser(known, known == person.customer, browser),
            lambda: self.update(contact, identify),
        )

    def _identify_browser(self, known: str, is_customer: bool, browser: str) -> Telling:
        """A site's word on who is at the browser: a customer, or who reads an address."""
        who: dict[str, Any] = {"userId": known} if is_customer else {"traits": {"email": spelled(self._chance, known)}}
        said = {"anonymousId": browser, **who}
        return segment_call("identify", self._chance.new_id(), self._chance.time_ms(), said, by_browser=True)

    def _firms(self, person: Person) -> list[Telling]:
        """Each change of firm, and the name: by the CRM's list, a server's SDK or a record of Kafka."""
        return [telling for since_ms, firm in person.firms for telling in self._firm(person, since_ms, firm)]

    def _firm(self, person: Person, since_ms: int, firm: str | None) -> list[Telling]:
        attributes: dict[str, Any] = {"name": person.name, "company": firm}
        mail = self._chance.mail(person) if person.addresses else ""
        ids = {} if person.customer is None else {"userId": person.customer}
        said = {**ids, "traits": {**attributes, **({"email": mail} if mail else {})}}
        update = {"update": "attributes", "attributes": attributes}
        ways: list[Callable[[], Telling]] = [
            lambda: segment_call("identify", self._chance.new_id(), since_ms, said),
            lambda: self.update(survivor_of(person), update, since_ms),
        ]
        if firm is not None:  # an empty cell says nothing
            cells = {"no": person.customer or "", "mail": mail, "changed": str(since_ms), **attributes}
            ways.append(lambda: Row("contacts" if person.customer else "readers", cells))
        return self._chance.some(*ways)

    def update(self, contact: str, content: dict[str, Any], at_ms: int | None = None) -> Sent:
        """A contact update as a record of Kafka; at_ms None: of some time."""
        value = {"id": self._chance.new_id(), "occurred_at": at_ms or self._chance.time_ms(), **content}
        return Sent("contact-updates", contact.encode(), value)
