"""Hot leads and what people do with them, the way of Kafka into an api's tables; without Kafka."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
from sqlalchemy import Engine

from streamprocessor.contract.lead_types import LEAD_ASSIGNED
from streamprocessor.contract.topic_names import ACTIVITIES, BECAME_HOT_LEAD
from streamprocessor.inbox.acts import act_id_of, event_of, lead_id_of
from streamprocessor.inbox.episode import LeadAct
from streamprocessor.inbox.inbox_file import parse_inbox_file
from streamprocessor.readmodel.projection.changes import Place, changes_of
from streamprocessor.readmodel.projection.writes import write
from streamprocessor.readmodel.store.database import epoch_of, reading
from streamprocessor.scoring.model.model import END_OF_TIME_MS
from streamprocessor.scoring.record.facts import AttributesWritten, Event
from tests.delivery.leads import Lead
from tests.harness.apis import ALL, bearer
from tests.readmodel.api_apps import NOW_MS, SCORER, ApiApp, SentRecord, store_records

RULES = parse_inbox_file(
    """
people: {ops: {name: Olga Petrov}, crm: {name: Chris Moll}}
owners: [{owner: [ops, crm]}]
due: {business_time: 4h}
reasons: [no budget, wrong person]
""",
    "inbox.yaml",
)


class InboxStory:
    """Both topics of the inbox, and the api whose tables are made of them."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder, self.app = engine, folder, ApiApp(engine, folder, inbox=RULES)
        self.hot_leads: list[Any] = []
        self.activities: list[Any] = []
        self.app.producer.on_sent = self._take_sent

    def become_hot(self, *leads: Lead) -> None:
        for lead in leads:
            self.hot_leads.append(record_of(lead.contact_id, lead.value(), len(self.hot_leads), lead.headers()))
        self.project(BECAME_HOT_LEAD, self.hot_leads[-len(leads) :])

    def assign(self, lead: Lead, to: str | None, due_ms: int | None = None) -> None:
        """As delivery does."""
        episode = lead.announcement().id
        act_id = act_id_of(episode, LEAD_ASSIGNED, 0)
        act = LeadAct(act_id, LEAD_ASSIGNED, episode, "engagement", "system", lead.at_ms, to, due_ms=due_ms)
        self.take(lead.contact_id, event_of(lead.contact_id, act))

    def take(self, contact_id: str, value: bytes) -> None:
        self.activities.append(record_of(contact_id, value, len(self.activities)))
        self.project(ACTIVITIES, self.activities[-1:])

    def project(self, topic: str, records: list[Any]) -> None:
        with reading(self.engine) as connection:
            epoch = epoch_of(connection)
        write(self.engine, epoch, changes_of(SCORER, {Place(topic, 0): records}, 1), NOW_MS)

    async def ask(self, token: str = ALL, **query: Any) -> Any:
        async with self.app.client() as client:
            answer = await client.get("/api/inbox", params=query, headers=bearer(token))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def act(self, lead: Lead, act: str, token: str = ALL, **body: str) -> httpx.Response:
        async with self.app.client() as client:
            path = f"/api/inbox/{lead_id_of(lead.announcement().id)}/acts"
            answer = await client.post(path, json={"act": act} | body, headers=bearer(token))
        return answer

    def _take_sent(self, record: SentRecord) -> None:
        """What is done comes to the tables by way of Kafka."""
        assert record.topic == ACTIVITIES
        self.take(record.key.decode(), orjson.dumps(record.value))


def store_people(engine: Engine, people: Mapping[str, Mapping[str, Any]]) -> None:
    """Put contacts with these attributes into the tables, who sent a contact form each."""
    records = {}
    for contact_id, attributes in people.items():
        record = SCORER.blank()
        form = Event(f"e-{contact_id}", "form_submission", NOW_MS, NOW_MS, {"form": "contact"}, {})
        SCORER.apply_in_place(record, [form, AttributesWritten(f"a-{contact_id}", NOW_MS, NOW_MS, dict(attributes))])
        records[contact_id] = record
    store_records(engine, records)


def record_of(contact_id: str, value: bytes, offset: int, headers: Any = ()) -> Any:
    return SimpleNamespace(
        key=contact_id.encode(), value=value, offset=offset, headers=list(headers), timestamp=END_OF_TIME_MS
    )
