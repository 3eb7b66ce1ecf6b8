"""Made-up people and what they do, without a word on how anybody is told of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

MINUTE_MS = 60_000
DAY_MS = 86_400_000

PATHS = ("/", "/pricing", "/blog/one", "/docs")
LINKS = tuple(f"https://www.example.com/offers/{number}" for number in range(8))
FIRMS = ("Lee GmbH", "Kim & Söhne GmbH", "Ada Ltd", "Carl AG", "Öl und Gas GmbH")
DOMAINS = ("example.com", "bücher.example", "mail.example.org")
UNSUBSCRIBED, COMPLAINED, BOUNCED = "unsubscribe", "spam_complaint", "email_bounce"


@dataclass(frozen=True)
class Opened:
    """A mail was opened; by_proxy: by the mail service's image proxy, whoever reads it."""

    at_ms: int
    message: str
    by_proxy: bool = False


@dataclass(frozen=True)
class Clicked:
    """A link in a mail was followed."""

    at_ms: int
    message: str
    link: str


@dataclass(frozen=True)
class Scanned:
    """A gateway followed all links of a mail within seconds, that to unsubscribe as well, before the person saw it."""

    at_ms: int
    message: str


@dataclass(frozen=True)
class Visited:
    """A page was looked at in a browser."""

    at_ms: int
    path: str
    browser: str


@dataclass(frozen=True)
class Submitted:
    """A form was sent from a browser; clicks: on its button."""

    at_ms: int
    form: str
    message: str
    browser: str
    clicks: int


@dataclass(frozen=True)
class Ordered:
    """Something was bought. cents: what it cost."""

    at_ms: int
    order: str
    cents: int
    browser: str | None


@dataclass(frozen=True)
class OptedOut:
    """How a person left the mailing list: by herself, by a complaint, or as her mailbox is no more."""

    at_ms: int
    how: str


@dataclass(frozen=True)
class OptedIn:
    """The person wants mail again."""

    at_ms: int


Act = Opened | Clicked | Scanned | Visited | Submitted | Ordered | OptedOut | OptedIn


@dataclass
class Person:
    """One person.

    customer: her number in the CRM; None: she has none. former: one that she had, too, before the CRM merged the two.
    addresses: as she would write them herself; who is no customer
    has one at most. browsers: her own. firms: (since when, where she works), in order; None: nowhere any more.
    """

    name: str
    customer: str | None
    former: str | None
    addresses: tuple[str, ...]
    browsers: tuple[str, ...]
    firms: tuple[tuple[int, str | None], ...]
    acts: list[Act] = field(default_factory=list)

    @property
    def numbers(self) -> list[str]:
        """All that the CRM had for her, the one of today first."""
        return [number for number in (self.customer, self.former) if number is not None]

    @property
    def is_known(self) -> bool:
        """Whether anybody knows more of her than a browser."""
        return self.customer is not None or bool(self.addresses)


def made_up(seed: int, count: int, now_ms: int) -> list[Person]:
    """So many people, who have done something within the last 20 days; some fill in forms at a tablet of all."""
    chance = random.Random(seed)
    return [_person(chance, number, now_ms) for number in range(count)]


def _person(chance: random.Random, number: int, now_ms: int) -> Person:
    is_customer, has_address = chance.choices(
        ((True, True), (False, True), (True, False), (False, False)), (45, 30, 10, 15)
    )[0]
    is_known = is_customer or has_address
    browsers = chance.choice((0, 1, 1, 2)) if is_known else 1
    begin_ms = now_ms // 1_000 * 1_000 - 20 * DAY_MS
    changes = chance.choice((1, 1, 2, 3)) if is_known else 0
    person = Person(
        name=f"Person {number}",
        customer=f"crm-{number}" if is_customer else None,
        former=f"old-{number}" if is_customer and chance.random() < 0.2 else None,
        addresses=tuple(
            f"{chance.choice(('kim', 'andré', 'o.neil'))}-{number}-{each}@{chance.choice(DOMAINS)}"
            for each in range(chance.choice((1, 1, 2)) if is_customer else 1)
        )
        if has_address
        else (),
        browsers=tuple(f"browser-{number}-{each}" for each in range(browsers)),
        firms=tuple(
            (begin_ms + change * DAY_MS, chance.choice(FIRMS if change == 0 else (*FIRMS, None)))
            for change in range(changes)
        ),
    )
    # Ten minutes apart, in no order: what happens of each kind is no matter of when it happened among the others.
    minutes = chance.sample(range(0, 19 * 24 * 60, 10), 30)
    times = iter([begin_ms + minute * MINUTE_MS for minute in minutes])
    person.acts = [_act(chance, person, next(times), place) for place in range(chance.randrange(4, 13))]
    return person


def _act(chance: random.Random, person: Person, at_ms: int, place: int) -> Act:
    of_mail = 1 if person.is_known else 0
    of_browser = 1 if person.browsers else 0
    kind = chance.choices(
        (Opened, Clicked, Scanned, OptedOut, OptedIn, Ordered, Visited, Submitted),
        (
            *(weight * of_mail for weight in (20, 20, 6, 7, 5)),
            12 * max(of_mail, of_browser),
            *(weight * of_browser for weight in (30, 12)),
        ),
    )[0]
    message = f"m-{chance.randrange(6)}"
    if kind is Opened:
        by_proxy = chance.random() < 0.2
        return Opened(at_ms, f"proxied-{place}" if by_proxy else message, by_proxy)
    if kind is Clicked:
        return Clicked(at_ms, message, chance.choice(LINKS))
    if kind is Scanned:
        return Scanned(at_ms, f"scanned-{place}")
    if kind is OptedOut:
        return OptedOut(at_ms, chance.choice((UNSUBSCRIBED, COMPLAINED, BOUNCED)))
    if kind is OptedIn:
        return OptedIn(at_ms)
    browser = chance.choice(person.browsers) if person.browsers else None
    if kind is Ordered or browser is None:
        return Ordered(at_ms, f"order-{person.name}-{place}", chance.randrange(500, 60_000), browser)
    if kind is Visited:
        return Visited(at_ms, chance.choice(PATHS), browser)
    if person.addresses and chance.random() < 0.3:
        browser = f"tablet-{chance.randrange(3)}-of-all"
    return Submitted(at_ms, chance.choice(("contact", "demo")), f"hello {place}", browser, chance.choice((1, 1, 2)))
