"""The hot lead of nobody, for tests of subscriptions."""

from __future__ import annotations

import secrets

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD
from streamprocessor.delivery.announcements import Announcement

PING_CONTACT = "ping"


def made_up_lead(now_ms: int) -> Announcement:
    """A hot lead of the contact `ping` at this instant, under an id of its own."""
    at = format_rfc3339(now_ms)
    data = {
        "contact_id": PING_CONTACT,
        "at": at,
        "score_name": "ping",
        "episode": 1,
        "score": 100,
        "previous_stage": "warm",
        "stage": "hot",
        "because": [{"rule": "a test of the subscription", "points": 100}],
        "model": {"name": "ping", "version": "ping"},
    }
    id_of_it = f"ping:{secrets.token_hex(8)}"
    return Announcement(BECAME_HOT_LEAD, id_of_it, "streamprocessor.ping.v1", "ping", PING_CONTACT, at, now_ms, data)
