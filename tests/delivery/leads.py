"""Announcements for tests, as a worker makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

import orjson

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD
from streamprocessor.delivery.announcements import Announcement, read_announcement
from tests.harness.system import System

FRIDAY_MS = 1_795_161_600_000  # 2026-11-20T08:00:00Z


class Lead(NamedTuple):
    """One entry of a contact into the hot stage."""

    contact_id: str
    episode: int
    at_ms: int = FRIDAY_MS

    def value(self) -> bytes:
        return orjson.dumps(
            {
                "contact_id": self.contact_id,
                "at": format_rfc3339(self.at_ms),
                "score_name": "engagement",
                "episode": self.episode,
                "score": 41,
                "previous_stage": "warm",
                "stage": "hot",
                "because": [
                    {"rule": "pricing", "points": 10, "event_id": "e1", "occurred_at": format_rfc3339(self.at_ms)},
                    {"rule": "pricing", "points": 10, "event_id": "e2", "occurred_at": format_rfc3339(self.at_ms)},
                    {"rule": "contact-us", "points": 25, "event_id": "e3", "occurred_at": format_rfc3339(self.at_ms)},
                ],
                "model": {"name": "default", "version": "v"},
            }
        )

    def headers(self) -> list[tuple[str, bytes]]:
        attributes = {
            "id": f"inc:{self.contact_id}:engagement:{self.episode}",
            "type": "lead.became-hot.v1",
            "source": "/streamprocessor/app",
            "subject": self.contact_id,
            "time": format_rfc3339(self.at_ms),
            "specversion": "1.0",
        }
        return [("content-type", b"application/json"), *((f"ce_{k}", v.encode()) for k, v in attributes.items())]

    def announcement(self) -> Announcement:
        return read_announcement(BECAME_HOT_LEAD, self.value(), self.headers())


async def announce(system: System, leads: Iterable[Lead]) -> None:
    """Send them to became-hot-lead, as the worker does."""
    async with system.producer() as producer:
        topic = system.full[BECAME_HOT_LEAD]
        sent = [
            await producer.send(topic, lead.value(), key=lead.contact_id.encode(), headers=lead.headers())
            for lead in leads
        ]
        await asyncio.gather(*sent)
