"""The firm's contacts as records for Kafka: leads of all kinds, and some whose names are markup."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.harness.system import Sent

MODEL = """
scores:
  engagement:
    decay: {half_life: 14d}
    rules:
      - {id: open, on: email_open, points: 1, limit: {count: 1, per: properties.message}}
      - {id: click, on: email_click, points: 5, limit: {count: 1, per: properties.url, within: 7d}}
      - {id: pricing, on: page_visit, points: 10, where: {properties.path: {starts_with: /pri}}, limit: {points: 30}}
      - {id: contact-us, on: form_submission, points: 25, where: {properties.form: contact}}
      - {id: unsubscribed, on: unsubscribe, points: -50, decay: none}
    stages: {cold: 0, warm: 16, hot: {from: 41, leave_below: 35}}
  buzz:
    decay: {half_life: 20s}
    rules:
      - {id: visit, on: page_visit, points: 12}
    stages: {quiet: 0, busy: 15}
  fit:
    rules:
      - {id: decides, when: {attributes.job_title: {in: [CEO, CTO, Head of Sales]}}, points: 20}
      - {id: large, when: {attributes.employees: {at_least: 200}}, points: 15}
    stages: {C: 0, B: 15, A: 30}
  grade:
    combine:
      matrix:
        rows: fit
        columns: engagement
        labels:
          A: {cold: A3, warm: A2, hot: A1}
          B: {cold: B3, warm: B2, hot: B1}
          C: {cold: C3, warm: C2, hot: C1}
  interest:
    by: properties.product
    decay: {half_life: 7d}
    rules:
      - {id: seen, on: page_visit, points: 3}
hot_lead: {score: engagement, stage: hot, announce_within: 720h}
segments:
  decision-makers: {attributes: [{attribute: job_title, one_of: [CEO, CTO]}]}
"""
HOUR_MS = 3_600_000
FIRST = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Tony", "Frances", "Ken")
LAST = ("Abara", "Berger", "Costa", "Dubois", "Eriksen", "Fischer", "Greco", "Haas", "Ito", "Jensen")
COMPANIES = ("Northwind", "Contoso", "Tailspin", "Fabrikam", "Wingtip", "Litware")
TITLES = ("CEO", "CTO", "Head of Sales", "Engineer", "Marketing Manager", "Student")
PATHS = ("/pricing", "/pricing/teams", "/", "/docs", "/blog/launch")
PRODUCTS = ("crm", "mail", "analytics")

EVIL = (
    "<script>alert(1)</script>",
    "c <img src=x onerror=alert(2)>",  # alone it would be a template that nobody filled in
    '"><svg onload=alert(3)>',
    "javascript:alert(4)",
    "a/b c?d#e&f=g",
    "../../etc/passwd",
    "..",
    "c-32/export",
    "ключ 100%",
)


def of_everybody(now_ms: int) -> Iterator[Sent]:
    """What everybody did in the last three weeks."""
    chance = random.Random(6)
    for number in range(90):
        contact = f"c-{number:02}"
        yield _attributes(
            contact,
            {
                "name": f"{FIRST[number % 10]} {LAST[number // 10 % 10]}",
                "company": chance.choice(COMPANIES),
                "job_title": chance.choice(TITLES),
                "employees": chance.choice((8, 40, 250, 1200)),
            },
        )
        for event in range(chance.choice((1, 2, 3, 5, 8, 14))):
            yield _event(chance, contact, f"{contact}-{event}", now_ms)
    for number, contact in enumerate(EVIL):
        yield _attributes(contact, {"name": contact, "company": "Evil & Sons", "<b>bold</b>": contact})
        for event in range(3):
            yield _event(chance, contact, f"evil-{number}-{event}", now_ms)


def a_hand_raised(contact: str, times: int = 2) -> Iterator[Sent]:
    """Contact forms, now: enough of them make a hot lead."""
    for number in range(times):
        event = {
            "id": f"{contact}-form-{number}",
            "properties": {"form": "contact", "fields": {"message": f"{number}"}},
        }
        yield Sent("form-submissions", contact.encode(), event)


def named(contact: str, attributes: dict[str, object]) -> Sent:
    """Attributes of a contact, written by a server."""
    return _attributes(contact, attributes)


def with_address(contact: str, address: str) -> Sent:
    """The contact's mail address, written by a server."""
    update = {"id": f"address-{contact}", "update": "attributes", "attributes": {"email": address}}
    return Sent("contact-updates", contact.encode(), update)


def visits(contact: str, name: str, count: int) -> Iterator[Sent]:
    """Page visits, now; name: of this lot."""
    for number in range(count):
        event = {"id": f"{contact}-{name}-{number}", "properties": {"path": "/docs", "product": "crm"}}
        yield Sent("page-visits", contact.encode(), event)


def _attributes(contact: str, attributes: dict[str, object]) -> Sent:
    update = {"id": f"a-{contact}", "update": "attributes", "attributes": attributes}
    return Sent("contact-updates", contact.encode(), update)


def _event(chance: random.Random, contact: str, event_id: str, now_ms: int) -> Sent:
    event = {"id": event_id, "occurred_at": now_ms - chance.randrange(21 * 24 * HOUR_MS)}
    key = contact.encode()
    kind = chance.choices(("open", "click", "page", "form", "unsubscribe"), (30, 20, 40, 9, 1))[0]
    if kind == "open":
        return Sent("email-opens", key, event | {"properties": {"message": f"m-{chance.randrange(8)}"}})
    if kind == "click":
        return Sent("email-clicks", key, event | {"properties": {"url": f"https://example.com/{chance.randrange(5)}"}})
    if kind == "page":
        properties = {"path": chance.choice(PATHS), "product": chance.choice(PRODUCTS)}
        return Sent("page-visits", key, event | {"properties": properties})
    if kind == "form":
        return Sent("form-submissions", key, event | {"properties": {"form": "contact"}})
    return Sent("activities", key, event | {"type": kind})
