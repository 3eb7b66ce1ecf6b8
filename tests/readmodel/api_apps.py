"""The API as an application in the test's own process, on a database alone: no Kafka, no delivery, no server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx
import orjson
from fastapi import FastAPI
from sqlalchemy import Engine

from streamprocessor.contract.changelog.pseudonyms import pseudonym_under
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.imports.proposals.file_proposal import propose
from streamprocessor.inbox.rules import InboxRules
from streamprocessor.process.http.client_address import ClientAddresses, networks_of
from streamprocessor.readmodel.api.application import application
from streamprocessor.readmodel.audit import AuditFiles, AuditLog
from streamprocessor.readmodel.gateways.delivery_client import DeliveryClient
from streamprocessor.readmodel.gateways.eraser import Eraser
from streamprocessor.readmodel.gateways.import_files import ImportFiles
from streamprocessor.readmodel.gateways.import_jobs import ImportJobs
from streamprocessor.readmodel.gateways.import_mappings import SavedMappings
from streamprocessor.readmodel.gateways.import_run import RunImport
from streamprocessor.readmodel.gateways.lead_act_writer import LeadActWriter
from streamprocessor.readmodel.gateways.subscription_store import SubscriptionStore
from streamprocessor.readmodel.gateways.trial.replay_jobs import ReplayJobs
from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.projection.changes import Changes
from streamprocessor.readmodel.projection.hot_lead_stream import HotLeadStreams
from streamprocessor.readmodel.projection.writes import write
from streamprocessor.readmodel.requests.attempts import Attempts
from streamprocessor.readmodel.requests.sessions import Sessions
from streamprocessor.readmodel.requests.sign_in_links import SignInLinks
from streamprocessor.readmodel.requests.tokens import Tokens
from streamprocessor.readmodel.routing.context import ApiContext, Gateways
from streamprocessor.readmodel.store.access.access_store import AccessStore
from streamprocessor.readmodel.store.access.tables import access
from streamprocessor.readmodel.store.database import epoch_of, opened_lasting, reading
from streamprocessor.readmodel.store.rows import rows_of
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.settings import Settings
from tests.harness.apis import ALL, TOKENS, audit_lines
from tests.harness.processes import ADDRESS_SALT, SALT
from tests.readmodel.clock import Clock
from tests.readmodel.conftest import MODEL

NOW_MS = 1_795_334_400_000
CONTACT_IDS = ContactIds(ADDRESS_SALT)
SCORER = Scorer(parse_model(MODEL, "m"))
ORIGIN = "http://api.example"
PROXY, CLIENT = "10.0.0.1", "192.0.2.9"
NOT_HERE: Any = None  # what the test does not ask


class SentRecord(NamedTuple):
    """A record that was to be sent to Kafka."""

    topic: str
    key: bytes
    value: dict[str, Any]


class Producer:
    """Takes what is sent, and keeps it."""

    def __init__(self) -> None:
        self.sent: list[SentRecord] = []
        self.on_sent: Callable[[SentRecord], None] = lambda _: None

    async def send_and_wait(self, topic: str, *, key: bytes, value: bytes) -> None:
        """Keep the record."""
        self.sent.append(SentRecord(topic, key, orjson.loads(value)))
        self.on_sent(self.sent[-1])


class Delivery:
    """The delivery process, as far as it says what became of webhooks."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}

    async def subscription(self, name: str) -> dict[str, Any]:
        """What it says of one subscription."""
        return self.answers[name]


class KnownSubscriptions:
    """The subscriptions topic, as far as it is read."""

    def __init__(self, known: Mapping[str, Any] | None = None) -> None:
        self.known = dict(known or {})


class ApiApp:
    """One api process, as far as a database carries it. Several may stand on one database and one audit file."""

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        subscriptions: Any = NOT_HERE,
        delivery: Any = NOT_HERE,
        tokens: str = TOKENS,
        inbox: InboxRules | None = None,
        run_import: RunImport = lambda *_: None,
        model_topic: Any = NOT_HERE,
        model_approvals: int = 0,
        shadow: Any = NOT_HERE,
        settings: Settings | None = None,
    ) -> None:
        self.clock, self.producer = Clock(NOW_MS), Producer()
        self.scorer, self.model_text, self.delivery = SCORER, MODEL, Delivery()
        self.audit_file = folder / "audit.jsonl"
        pairs = dict(pair.split("=") for pair in tokens.split(","))
        metrics = Metrics()
        imports = ImportJobs(folder / "imports", run_import, 1_000, self.clock)
        self.context = ApiContext(
            contact_ids=CONTACT_IDS,
            engine=engine,
            scorer=lambda: self.scorer,
            model_text=lambda: self.model_text,
            model_topic=model_topic,
            model_approvals=model_approvals,
            tokens=Tokens(pairs),
            access=AccessStore(opened_lasting(engine, folder / "access.sqlite", access), self.clock),
            sessions=Sessions(pairs, self.clock),
            attempts=Attempts(self.clock),
            client_addresses=ClientAddresses(networks_of(PROXY)),
            audit=AuditLog(AuditFiles(self.audit_file, 1 << 20, 3), pseudonym_under(SALT)),
            metrics=metrics,
            clock_ms=self.clock,
            gateways=Gateways(
                eraser=Eraser(self.producer, "contact-updates"),
                subscriptions=cast("SubscriptionStore", KnownSubscriptions())
                if subscriptions is NOT_HERE
                else subscriptions,
                lead_acts=LeadActWriter(self.producer, "activities"),
                delivery=cast("DeliveryClient", self.delivery) if delivery is NOT_HERE else delivery,
                shadow=shadow,
                imports=imports,
                import_files=ImportFiles(folder / "import-files", imports, self.clock),
                saved_mappings=SavedMappings(folder / "import-mappings"),
                propose=partial(propose, Settings(address_salt=ADDRESS_SALT, data_dir=str(folder))),
                replays=ReplayJobs(settings or Settings(data_dir=str(folder))),
                allowed_hosts=frozenset({"127.0.0.1"}),
                secrets_env_prefix="HOOK_",
                mappings=folder,
            ),
            hot_lead_streams=HotLeadStreams(engine, metrics),
            inbox=inbox or InboxRules(),
            sign_in_links=SignInLinks(folder, ALL, self.clock),
        )
        self.app: FastAPI = application(self.context, list, {})

    def client(self, address: str = CLIENT, **options: Any) -> httpx.AsyncClient:
        """A client that asks from that address; it needs no closing. options: as of httpx."""
        transport = httpx.ASGITransport(self.app, client=(address, 1234))
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, **options)

    def audited(self) -> list[dict[str, Any]]:
        """What the audit holds, the oldest first."""
        return audit_lines(self.audit_file)


def store_contacts(engine: Engine, ids: Iterable[str]) -> None:
    """Put contacts into the tables that sent a contact form each, the way of what comes from Kafka."""
    records = {}
    for contact_id in ids:
        record = SCORER.blank()
        SCORER.apply_in_place(
            record, [Event(f"e-{contact_id}"[:50], "form_submission", NOW_MS, NOW_MS, {"form": "contact"}, {})]
        )
        records[contact_id] = record
    store_records(engine, records)


def store_records(
    engine: Engine, records: Mapping[str, Record], hot_leads: Mapping[str, dict[str, Any]] | None = None
) -> None:
    """Put contacts with these records, and rows of hot leads, into the tables, the way of what comes from Kafka."""
    rows = {contact_id: rows_of(SCORER, contact_id, encode_record(record)) for contact_id, record in records.items()}
    with reading(engine) as connection:
        epoch = epoch_of(connection)
    write(engine, epoch, Changes(contacts=rows, hot_leads=dict(hot_leads or {})), NOW_MS)
