"""Traffic through every door, good and bad, so that every metric of every process has something to tell."""

from __future__ import annotations

import asyncio
import itertools
from urllib.parse import urlsplit

import httpx
import orjson

from streamprocessor.collector.tracking.tokens import token_keys
from streamprocessor.collector.tracking.tracked_mail import TrackedMail
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.simulation.bad_records import KINDS, bad_value
from tests.harness.collectors import KEY
from tests.harness.system import Sent, System

BROWSER_KEY = "browser-key-of-the-tests"
TOKEN_SECRET = "a secret that signs the tests' mails"
CONTACTS = 60
PAGES = ("/", "/pricing", "/docs", "/pricing/teams")


class Load:
    """Sends one round of everything after the other, until told to stop."""

    def __init__(self, system: System, collector: str, api: str, token: str) -> None:
        """Send to these addresses; token: one that may read at the api."""
        self._system = system
        self._collector = httpx.AsyncClient(base_url=collector, timeout=20)
        self._api = httpx.AsyncClient(base_url=api, timeout=20, headers={"authorization": f"Bearer {token}"})
        self._keys = token_keys({"k1": TOKEN_SECRET})
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Send until `stop`."""
        async with self._collector, self._api:
            for number in itertools.count():
                if self._stopping.is_set():
                    break
                await asyncio.gather(self._at_doors(number), self._into_topics(number), self._at_the_api())

    def stop(self) -> None:
        """Let the round that is under way be the last."""
        self._stopping.set()

    async def _at_doors(self, number: int) -> None:
        contact = f"c-{number % CONTACTS}"
        page = {"page": {"path": PAGES[number % len(PAGES)], "url": f"https://www.example.com/{number}"}}
        visitor = {"anonymousId": f"v-{number % CONTACTS}", "userId": "undefined"}
        write_key, browser_key = {"authorization": f"Bearer {KEY}"}, {"authorization": f"Bearer {BROWSER_KEY}"}
        mail = TrackedMail(self._keys, str(self._collector.base_url), contact, f"m-{number}")
        visits = [
            {"contact_id": contact, "type": "page_visit", "properties": {"path": PAGES[step % len(PAGES)]}}
            for step in range(10)
        ]
        bought = {"contact_id": contact, "type": "form_submission", "properties": {"form": "contact", "n": number}}
        nobody = {"contact_id": "undefined", "anonymous_id": f"v-{number}", "type": "page_visit"}
        opted_out = {"contact_id": contact, "update": "suppressed", "suppressed": True}
        opened = {
            "RecordType": "Open",
            "MessageID": f"m-{number}",
            "Recipient": f"{contact}@example.com",
            "ReceivedAt": "2026-11-22T08:00:00Z",
            "Metadata": {"contact_id": contact},
        }
        bad_lines = b'{"contact_id": "c-1", "type": "download", "properties": {"size": NaN}}\n{"type": 7}\nno json'
        post, get = self._collector.post, self._collector.get
        form = {"_key": BROWSER_KEY, "email": f"{contact}@example.com", "message": f"hello {number}"}
        await asyncio.gather(
            post("/v1/events", headers=write_key, content=orjson.dumps([*visits, bought, nobody])),
            post("/v1/events", headers=write_key | {"content-type": "application/x-ndjson"}, content=bad_lines),
            post("/v1/events", headers=browser_key, content=orjson.dumps([opted_out, visits[0]])),
            post("/v1/events", headers={"authorization": "Bearer nobody-knows-this-key"}, content=b"[]"),
            post("/v1/page", auth=(BROWSER_KEY, ""), json=visitor | {"type": "page", "properties": page["page"]}),
            post("/f/contact", data=form),
            post("/hooks/postmark", json=opened),
            get(_path_of(mail.pixel_url())),
            get(_path_of(mail.link("https://www.example.com/offer"))),
        )

    async def _into_topics(self, number: int) -> None:
        contact = f"c-{number % CONTACTS}".encode()
        bad = bad_value(KINDS[number % len(KINDS)], contact.decode(), 1_767_225_600_000)
        mended = b'{"properties": {"path": "/", "title": "a\x01b"}}'
        records = [
            Sent("email-opens", contact, {"properties": {"message": f"m-{number}"}}),
            Sent("email-clicks", contact, {"properties": {"url": f"https://example.com/{number}"}}),
            Sent("activities", contact, {"id": "always-this", "type": "download"}),
            Sent("page-visits", contact, bad),
            Sent("page-visits", contact, mended),
            Sent("contact-updates", contact, {"update": "attributes", "attributes": {"city": "Berlin", "n": number}}),
            Sent("contact-updates", contact, {"update": "attributes", "attributes": {"email": "same@example.com"}}),
        ]
        partitions = self._system.settings.partitions or 1
        elsewhere = (partition_of(contact, partitions) + 1) % partitions
        async with self._system.producer() as producer:
            await self._system.send_through(producer, records)
            visit = orjson.dumps({"properties": {"path": "/elsewhere"}})
            topic = self._system.full["page-visits"]
            await producer.send_and_wait(topic, visit, key=contact, partition=elsewhere)

    async def _at_the_api(self) -> None:
        paths = ("/api/contacts", "/api/hot-leads", "/api/scores", "/api/contacts/nobody", "/api/scores/none/values")
        await asyncio.gather(*(self._api.get(path) for path in paths))


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
