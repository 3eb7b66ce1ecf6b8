"""The schemas in topics/schemas say what is: announcements of any model and life, and updates of any kind."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.updates import UPDATES
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import RecordError
from streamprocessor.scoring.scorer import Scorer
from tests.harness.decoding import decoder_for
from tests.harness.described import complaints
from tests.harness.example_share import share
from tests.scoring.against_oracle import record_of_batches
from tests.scoring.histories import histories, split
from tests.scoring.models import models

ANNOUNCER = Announcer(AnnouncerIdentity("https://scores.example.com", "01JINC", "default", "5f1c"))
ARRIVAL_MS = 1_795_334_400_000
DEAR = share(40)

UPDATE_BODIES: dict[str, dict[str, Any]] = {
    "attributes": {"attributes": {"job_title": "CEO"}},
    "suppressed": {"suppressed": True},
    "do_not_score": {"do_not_score": False},
    "identify": {"anonymous_id": "anon:5f0c"},
    "merge": {"from": "c-17"},
    "unmerge": {"from": "c-17"},
    "verdict": {"event_id": "e-1", "actor": "scanner"},
    "erase": {},
}
BODIES = [("contact-updates", {"update": update, **body}) for update, body in UPDATE_BODIES.items()]
BODIES += [("email-clicks", {}), ("activities", {"type": "download"})]

UPDATE_WORDS = ("update", "attributes", "suppressed", "do_not_score", "anonymous_id", "from", "event_id", "actor")
WORDS = (*UPDATE_WORDS, "rank", "id", "contact_id", "type", "occurred_at", "properties", "context")
THINGS: tuple[Any, ...] = (
    *(None, True, False, 0, 7, 1_795_334_400_000, 0.5, "", "x", "c-42", "human", "robot", "erase", "email_click"),
    *(
        "browser",
        "\0x",
        "y" * 129,
        "y" * 257,
        "a\nb",
        "b\x1b[31m",
        {},
        {"a": None},
        {"actor": "robot"},
        {"actor": None},
        {"actor": 1},
        [],
        [1],
    ),
    *("2026-11-22T08:00:00Z", "2026-11-22T08:00:00", "2026-13-22T08:00:00Z", "1969-12-31T23:59:59Z"),
    *("2026-11-22t08:00:60.123456789+01:00", "2026-11-22T24:00:00Z", "2026-11-32T08:00:00Z"),
)


@DEAR
@given(data=st.data())
def test_the_schemas_take_every_announcement_of_any_model_and_life(data: st.DataObject) -> None:
    model = data.draw(models())
    _, steps = record_of_batches(Scorer(model), data.draw(split(data.draw(histories(model)))))
    for message in ANNOUNCER.encode("c-42", steps):
        assert message.value is not None
        assert complaints(message.topic, orjson.loads(message.value), message.headers) == []


def test_every_kind_of_update_is_tried() -> None:
    assert tuple(sorted(UPDATE_BODIES)) == tuple(sorted(UPDATES))


@pytest.mark.parametrize(
    ("topic", "body"), BODIES, ids=lambda case: case if isinstance(case, str) else json.dumps(case)
)
def test_a_schema_takes_what_is_understood_and_nothing_else(
    topics: dict[str, Topic], topic: str, body: dict[str, Any]
) -> None:
    decode = decoder_for(topics[topic])
    for changed in (body, *({**body, word: thing} for word in WORDS for thing in THINGS)):
        if topic == "activities" and changed["type"] is None:  # a header may say it
            continue
        try:
            decode(b"c-42", orjson.dumps(changed), None, ARRIVAL_MS)
            understood = True
        except RecordError as error:
            # A schema does not know the key, nor the list of what stands for no id.
            if error.reason in (reason_codes.CONTACT_MISMATCH, reason_codes.PLACEHOLDER_ID):
                continue
            understood = False
        assert (complaints(topic, changed, []) == []) is understood, changed
