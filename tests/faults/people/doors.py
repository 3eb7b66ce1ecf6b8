"""How what people do is told: each act through doors chosen at random, as the clients behind them tell it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.faults.people.chance import Chance
from tests.faults.people.introductions import Introductions
from tests.faults.people.people import (
    BOUNCED,
    LINKS,
    Act,
    Clicked,
    Opened,
    OptedIn,
    OptedOut,
    Ordered,
    Person,
    Scanned,
    Submitted,
    Visited,
)
from tests.faults.people.webhooks import MailTold, postmark, sendgrid
from tests.faults.people.wire import (
    AGENT,
    PROXY,
    SEGMENT_NAMES,
    TOPICS,
    Post,
    Row,
    Telling,
    beacon_post,
    form_post,
    posthog_visit,
    segment_call,
)
from tests.harness.system import Sent

ADDRESS_FIELDS = ("email", "E-Mail", "your-email", "courriel", "contact[email]")
NOBODY = (None, None, "undefined", "null", "[object Object]", "{{user.id}}")


class Told(NamedTuple):
    """An act in the field's words. properties: texts and numbers, as vocabulary.yaml has them."""

    type: str
    at_ms: int
    properties: dict[str, Any]
    agent: str = AGENT


class Teller:
    """Tells of people; what it says of one act through two doors, or twice through one, is one act."""

    def __init__(self, seed: int, now_ms: int) -> None:
        self._chance = Chance(seed, now_ms)
        self._introductions = Introductions(self._chance)

    def all_of(self, people: Sequence[Person]) -> list[Telling]:
        """Everything that is told of these people, in no order."""
        tellings = [telling for person in people for telling in self._of(person)]
        tellings += [telling for telling in tellings if self._chance.random() < 0.1 and self._may_come_twice(telling)]
        self._chance.shuffle(tellings)
        return tellings

    @staticmethod
    def _may_come_twice(telling: Telling) -> bool:
        """Whether a client may send it again much later: a form posted anew without an id of its own is another."""
        return not isinstance(telling, Post) or telling.has_id

    def _of(self, person: Person) -> list[Telling]:
        tellings = self._introductions.of(person)
        for act in person.acts:
            tellings += self._act(person, act)
        return tellings

    def _act(self, person: Person, act: Act) -> list[Telling]:
        match act:
            case Opened():
                agent = PROXY if act.by_proxy else AGENT
                return self._by_some_doors(person, Told("email_open", act.at_ms, {"message": act.message}, agent))
            case Clicked():
                return self._by_some_doors(person, self._click(act.at_ms, act.message, act.link))
            case Scanned():
                left = Told("unsubscribe", act.at_ms + 2_500, {"message": act.message})
                opened = Told("email_open", act.at_ms + 1_000, {"message": act.message})
                told = [left, opened] + [
                    self._click(act.at_ms + 1_000 * n, act.message, link) for n, link in enumerate(LINKS[:6])
                ]
                return [telling for each in told for telling in self._by_some_doors(person, each)]
            case Visited():
                return self._visit(person, act)
            case Submitted():
                return [self._form(person, act)]
            case Ordered():
                return self._order(person, act)
            case OptedOut():
                properties = {"kind": "hard"} if act.how == BOUNCED else {}
                tellings = self._by_some_doors(person, Told(act.how, act.at_ms, properties))
                return tellings + self._said_outright(person, act.at_ms, suppressed=True)
            case OptedIn():
                tellings = self._by_some_doors(person, Told("resubscribe", act.at_ms, {}))
                return tellings + self._said_outright(person, act.at_ms, suppressed=False)

    def _click(self, at_ms: int, message: str, link: str) -> Told:
        return Told("email_click", at_ms, {"message": message, "url": link})

    def _by_some_doors(self, person: Person, told: Told) -> list[Telling]:
        """One act of somebody known, through one or two doors of servers."""
        return self._chance.some(
            lambda: self._by_provider(person, told),
            lambda: self._by_server(person, told),
            lambda: self._by_crm(person, told),
            lambda: self._by_kafka(person, told),
        )

    def _by_provider(self, person: Person, told: Told) -> Telling:
        named = None
        if person.numbers and (not person.addresses or self._chance.random() < 0.3):
            named = self._chance.choice(person.numbers)
        address = f"Kim Lee <{self._chance.mail(person).strip()}>" if person.addresses else None
        mail = MailTold(told.type, told.at_ms, told.properties, told.agent, address, named)
        return self._chance.choice((sendgrid, postmark))(mail)

    def _by_server(self, person: Person, told: Told) -> Telling:
        who: dict[str, Any] = {"userId": self._chance.choice(NOBODY)}
        context: dict[str, Any] = {"userAgent": told.agent}
        if person.customer is not None and (not person.addresses or self._chance.random() < 0.5):
            who["userId"] = self._chance.choice(person.numbers)
        else:
            context["traits"] = {"email": self._chance.mail(person)}
        said = {**who, "event": SEGMENT_NAMES[told.type], "properties": told.properties, "context": context}
        return segment_call("track", self._chance.new_id(), told.at_ms, said)

    def _by_crm(self, person: Person, told: Told) -> Telling:
        texts = {name: str(value) for name, value in told.properties.items()}
        cells = {"act": told.type, "when": str(told.at_ms), "browser": told.agent, **texts}
        if person.customer is not None and (not person.addresses or self._chance.random() < 0.5):
            return Row("acts", {**cells, "no": self._chance.choice(person.numbers)})
        return Row("reader-acts", {**cells, "mail": self._chance.mail(person)})

    def _by_kafka(self, person: Person, told: Told, event_id: str | None = None) -> Sent:
        value = {
            "id": event_id or self._chance.new_id(),
            "type": told.type,
            "occurred_at": told.at_ms,
            "properties": told.properties,
            "context": {"user_agent": told.agent},
        }
        return Sent(TOPICS.get(told.type, "activities"), self._chance.any_id(person).encode(), value)

    def _said_outright(self, person: Person, at_ms: int, suppressed: bool) -> list[Telling]:
        """Sometimes the word itself beside the event."""
        if self._chance.random() < 0.7:
            return []
        return [
            self._introductions.update(
                self._chance.any_id(person), {"update": "suppressed", "suppressed": suppressed}, at_ms
            )
        ]

    def _visit(self, person: Person, act: Visited) -> list[Telling]:
        url = f"https://www.example.com{act.path}"
        door = self._chance.randrange(4)
        if door == 0:
            return [posthog_visit(self._chance.new_id(), act.at_ms, act.browser, url)]
        if door == 1:
            return [beacon_post(act.browser, {"id": self._chance.new_id(), "type": "page_visit", "url": url})]
        if door == 2:
            user = person.customer if person.customer and self._chance.random() < 0.5 else self._chance.choice(NOBODY)
            said = {"anonymousId": act.browser, "userId": user, "properties": {"url": url, "path": act.path}}
            return [segment_call("page", self._chance.new_id(), act.at_ms, said, by_browser=True)]
        told, event_id = Told("page_visit", act.at_ms, {"path": act.path, "url": url}), self._chance.new_id()
        # The same event may come under two ids of the person, from two systems that each know her by one.
        return [self._by_kafka(person, told, event_id) for _ in range(self._chance.choice((1, 1, 2)))]

    def _form(self, person: Person, act: Submitted) -> Telling:
        """A form with the person's address, or one that asks for none, at the person's own browser."""
        fields = {"message": act.message}
        if person.addresses and (act.browser not in person.browsers or self._chance.random() < 0.5):
            address = {self._chance.choice(ADDRESS_FIELDS): self._chance.mail(person)}
            fields |= {"friend_email": "a.friend@example.net", **address, "company": "As Typed GmbH"}
        door = self._chance.randrange(3)
        if door == 0:
            return form_post(act.form, act.browser, fields, act.clicks)
        if door == 1:
            event = {"type": "form_submission", "url": "https://www.example.com/", "form": act.form, "fields": fields}
            return beacon_post(act.browser, *({"id": self._chance.new_id(), **event} for _ in range(act.clicks)))
        calls = [
            segment_call(
                "track",
                self._chance.new_id(),
                act.at_ms + 300 * click,
                {"anonymousId": act.browser, "event": "Form Submitted", "properties": {"form": act.form, **fields}},
                by_browser=True,
            )
            for click in range(act.clicks)
        ]
        return Post(tuple(request for call in calls for request in call.requests))

    def _order(self, person: Person, act: Ordered) -> list[Telling]:
        """The order as the site tells it and, some time later and under another name, the shop."""
        amount = act.cents / 100
        doors: list[Callable[[], Telling]] = []
        if act.browser is not None:
            properties = {"orderId": act.order, "total": f"{amount:.2f}"}
            said = {"anonymousId": act.browser, "event": "Order Completed", "properties": properties}
            doors.append(lambda: segment_call("track", self._chance.new_id(), act.at_ms, said, by_browser=True))
        told = Told("purchase", act.at_ms + 40_000, {"order_id": act.order, "amount": amount})
        doors.append(lambda: self._by_kafka(person, told))
        if person.is_known:
            doors += [lambda: self._by_crm(person, told), lambda: self._by_server(person, told)]
        return self._chance.some(*doors)
