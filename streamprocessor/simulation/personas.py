"""Simulated contacts: five personas, the site they visit, the mail they get."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from streamprocessor.scoring.record.facts import HUMAN, SCANNER

SITE = "https://example.com"
LINKS = ("/pricing", "/blog/decay", "/webinar")
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)
MAIL_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
ROBOT_AGENT = "Mozilla/5.0 (compatible; ExampleBot/1.0; +https://example.com/bot)"


@dataclass(frozen=True)
class Persona:
    """The behaviour of a kind of contact.

    share: its weight among contacts.
    visits_a_day, pages_a_visit, seconds_a_page: means.
    pages: paths of the site with their weights.
    opens, clicks: of mails, a likelihood in [0, 1].
    downloads, asks: of visits, a likelihood in [0, 1].
    actor: human or scanner.
    """

    name: str
    share: float
    visits_a_day: float
    pages_a_visit: float
    pages: dict[str, float] = field(hash=False)
    seconds_a_page: float = 40.0
    opens: float = 0.2
    clicks: float = 0.1
    downloads: float = 0.0
    asks: float = 0.0
    actor: str = HUMAN


PERSONAS = (
    Persona("dormant", 0.45, 0.01, 1.5, {"/": 3, "/blog/decay": 1}, opens=0.03, clicks=0.02),
    Persona("casual", 0.35, 0.15, 3, {"/": 4, "/blog/decay": 3, "/docs": 1}, opens=0.25, clicks=0.1, downloads=0.01),
    Persona(
        "researcher",
        0.14,
        0.8,
        7,
        {"/": 1, "/docs": 5, "/blog/decay": 3, "/pricing": 0.5},
        seconds_a_page=90,
        opens=0.5,
        clicks=0.3,
        downloads=0.12,
        asks=0.02,
    ),
    Persona(
        "buyer",
        0.055,
        1.2,
        6,
        {"/": 2, "/pricing": 4, "/pricing/enterprise": 2, "/docs": 2},
        opens=0.6,
        clicks=0.5,
        downloads=0.2,
        asks=0.3,
    ),
    Persona(
        "robot",
        0.005,
        4,
        30,
        {"/": 1, "/docs": 1, "/pricing": 1, "/blog/decay": 1, "/webinar": 1},
        seconds_a_page=0.5,
        opens=1.0,
        clicks=1.0,
        actor=SCANNER,
    ),
)


@dataclass
class SimulatedContact:
    """One simulated contact; `subscribed` ends with an unsubscribe, `known` begins with its first attributes."""

    number: int
    persona: Persona
    user_agent: str
    through_proxy: bool
    subscribed: bool = True
    known: bool = False

    @property
    def contact_id(self) -> str:
        """Its id, by its number."""
        return f"c-{self.number:05}"


def draw_contact(rng: Random, number: int) -> SimulatedContact:
    """A contact of a persona drawn by the shares; a third of the people read their mail through a proxy."""
    persona = rng.choices(PERSONAS, [persona.share for persona in PERSONAS])[0]
    agent = ROBOT_AGENT if persona.actor == SCANNER else rng.choice(BROWSERS)
    return SimulatedContact(number, persona, agent, through_proxy=persona.actor == HUMAN and rng.random() < 1 / 3)
