"""Reproducible traffic that looks like life: visits in bursts, campaigns, late events, repeats, bad records."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any, NamedTuple

from streamprocessor.contract.topic_names import (
    EMAIL_CLICK,
    EMAIL_OPEN,
    FORM_SUBMISSION,
    PAGE_VISIT,
)
from streamprocessor.scoring.record.facts import HUMAN, PROXY, SCANNER
from streamprocessor.simulation.bad_records import draw_bad_record
from streamprocessor.simulation.people import attributes_of_person
from streamprocessor.simulation.personas import LINKS, MAIL_PROXY, SITE, SimulatedContact, draw_contact

SECOND_MS, HOUR_MS, DAY_MS = 1000, 3_600_000, 86_400_000
FIRST_CAMPAIGN_AFTER_MS = 6 * HOUR_MS
CAMPAIGN_EVERY_MS = 2 * DAY_MS
LATE, REPEATED, BAD = 0.02, 0.02, 0.003  # shares of the events


class SimulatedRecord(NamedTuple):
    """One record to send.

    at_ms: when, in epoch milliseconds.
    contact_id: the key; None: a bad record has none.
    value: an event or update, or the bytes of a bad record, which is no page visit though it should be one.
    """

    at_ms: int
    contact_id: str | None
    value: dict[str, Any] | bytes


def simulate(seed: int, contacts: int, start_ms: int, *, bad_records: bool = False) -> Iterator[SimulatedRecord]:
    """Endless traffic of that many contacts from start_ms on, in order of time; equal arguments, equal records.

    `occurred_at` is never after at_ms; late events were made offline and arrive up to hours later; repeats have the
    id and content of the first. Ids differ between starts, so a simulation may follow another on the same broker.
    """
    return _Traffic(seed, contacts, start_ms, bad_records).records()


class _Traffic:
    def __init__(self, seed: int, contacts: int, start_ms: int, bad_records: bool) -> None:
        self._rng = Random(seed)
        self._seed = seed
        self._origin = f"{seed}:{contacts}:{start_ms}"
        self._count = 0
        self._bad_records = bad_records
        # The next: records to yield, and calls that plan more; `_count` breaks ties, so nothing else is compared.
        self._agenda: list[tuple[int, int, SimulatedRecord | Callable[[int], None]]] = []
        self._contacts = [draw_contact(self._rng, number) for number in range(1, contacts + 1)]
        for contact in self._contacts:
            self._plan_visit(contact, start_ms)
        self._plan(start_ms + FIRST_CAMPAIGN_AFTER_MS, partial(self._campaign, 1))

    def records(self) -> Iterator[SimulatedRecord]:
        while True:
            at_ms, _, due = heapq.heappop(self._agenda)
            if isinstance(due, SimulatedRecord):
                yield due
            else:
                due(at_ms)

    # ---- visits ------------------------------------------------------------------------------------------------

    def _plan_visit(self, contact: SimulatedContact, after_ms: int) -> None:
        at_ms = after_ms + self._wait_ms(DAY_MS / contact.persona.visits_a_day)
        at_night = (at_ms // HOUR_MS) % 24 < 6
        if at_night and contact.persona.actor == HUMAN:
            at_ms += 8 * HOUR_MS
        self._plan(at_ms, partial(self._visit_and_plan_next, contact))

    def _visit_and_plan_next(self, contact: SimulatedContact, at_ms: int) -> None:
        self._visit(contact, at_ms)
        self._plan_visit(contact, at_ms)

    def _visit(self, contact: SimulatedContact, at_ms: int) -> None:
        rng, persona = self._rng, contact.persona
        if not contact.known:
            self._introduce(contact, at_ms)
        referrer = "https://search.example/"
        for _ in range(1 + int(rng.expovariate(1 / persona.pages_a_visit))):
            path = rng.choices(list(persona.pages), list(persona.pages.values()))[0]
            page = {"url": SITE + path, "path": path, "referrer": referrer}
            self._emit(contact, at_ms, PAGE_VISIT, page)
            referrer = SITE + path
            at_ms += self._wait_ms(persona.seconds_a_page * SECOND_MS)
        if rng.random() < persona.downloads:
            self._emit(contact, at_ms, "download", {"file": "guide.pdf"})
        if rng.random() < persona.asks:
            self._emit(contact, at_ms + 30 * SECOND_MS, FORM_SUBMISSION, {"form": "contact"})

    def _introduce(self, contact: SimulatedContact, at_ms: int) -> None:
        contact.known = True
        attributes = attributes_of_person(self._seed, contact.number)
        update = {"id": self._next_id(), "occurred_at": at_ms, "update": "attributes", "attributes": attributes}
        self._send(contact.contact_id, at_ms, update)

    # ---- mail --------------------------------------------------------------------------------------------------

    def _campaign(self, number: int, at_ms: int) -> None:
        mail = {"campaign": f"campaign-{number}", "message": f"m-{number}"}
        for contact in self._contacts:
            if contact.subscribed:
                delivered_ms = at_ms + self._rng.randrange(10 * 60 * SECOND_MS)
                self._emit(contact, delivered_ms, "email_delivered", mail)
                self._plan(delivered_ms, partial(self._receive, contact, mail))
        self._plan(at_ms + CAMPAIGN_EVERY_MS, partial(self._campaign, number + 1))

    def _receive(self, contact: SimulatedContact, mail: dict[str, Any], at_ms: int) -> None:
        rng, persona = self._rng, contact.persona
        if persona.actor == SCANNER:
            self._follow_all_links(contact, mail, at_ms)
            return
        if contact.through_proxy:
            fetched_by = {"user_agent": MAIL_PROXY, "actor": PROXY}
            self._emit(contact, at_ms + 3 * SECOND_MS, EMAIL_OPEN, mail, fetched_by)
        if rng.random() >= persona.opens:
            return
        opened_ms = at_ms + int(2 * HOUR_MS * rng.lognormvariate(0, 1))
        if not contact.through_proxy:
            self._emit(contact, opened_ms, EMAIL_OPEN, mail)
        if rng.random() < persona.clicks:
            clicked_ms = opened_ms + self._wait_ms(30 * SECOND_MS)
            self._emit(contact, clicked_ms, EMAIL_CLICK, mail | _link(rng.choice(LINKS)))
            self._plan(clicked_ms + SECOND_MS, partial(self._visit, contact))
        elif rng.random() < 0.01:
            contact.subscribed = False
            self._emit(contact, opened_ms + 20 * SECOND_MS, "unsubscribe", mail)

    def _follow_all_links(self, contact: SimulatedContact, mail: dict[str, Any], at_ms: int) -> None:
        self._emit(contact, at_ms, EMAIL_OPEN, mail)
        for number, path in enumerate(LINKS, 1):
            self._emit(contact, at_ms + 200 * number, EMAIL_CLICK, mail | _link(path))

    # ---- sending -----------------------------------------------------------------------------------------------

    def _emit(
        self,
        contact: SimulatedContact,
        at_ms: int,
        event_type: str,
        properties: dict[str, Any],
        context: dict[str, Any] | None = None,
    ) -> None:
        if context is None:
            context = {"user_agent": contact.user_agent, "actor": contact.persona.actor}
        event = {
            "id": self._next_id(),
            "type": event_type,
            "occurred_at": at_ms,
            "properties": properties,
            "context": context,
        }
        self._send(contact.contact_id, at_ms, event)

    def _send(self, contact_id: str, occurred_at_ms: int, value: dict[str, Any]) -> None:
        rng = self._rng
        at_ms = occurred_at_ms + rng.randrange(20, 2000)
        if rng.random() < LATE:
            at_ms += self._wait_ms(HOUR_MS)
        self._plan(at_ms, SimulatedRecord(at_ms, contact_id, value))
        if rng.random() < REPEATED:
            again_ms = at_ms + self._wait_ms(60 * SECOND_MS)
            self._plan(again_ms, SimulatedRecord(again_ms, contact_id, value))
        if self._bad_records and rng.random() < BAD:
            self._plan(at_ms, SimulatedRecord(at_ms, *draw_bad_record(rng, contact_id, at_ms)))

    def _plan(self, at_ms: int, what: SimulatedRecord | Callable[[int], None]) -> None:
        self._count += 1
        heapq.heappush(self._agenda, (at_ms, self._count, what))

    def _wait_ms(self, mean_ms: float) -> int:
        return int(self._rng.expovariate(1 / mean_ms))

    def _next_id(self) -> str:
        self._count += 1
        return hashlib.blake2b(f"{self._origin}:{self._count}".encode(), digest_size=12).hexdigest()


def _link(path: str) -> dict[str, str]:
    return {"url": SITE + path, "path": path}
