"""Delivery as far as drafts go: its real routes on loopback, without Kafka, and a receiver beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext
from streamprocessor.delivery.dispatch.drafts import Drafts
from streamprocessor.delivery.dispatch.sender import Sender
from streamprocessor.delivery.dispatch.senders import Senders
from streamprocessor.delivery.draft_routes import DraftRoutes
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.secret_vault import SecretVault
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscriptions.kept_secrets import KeptSecrets
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.secret_box import SecretBox
from streamprocessor.delivery.subscriptions.secret_references import SecretReferences
from streamprocessor.delivery.subscriptions.segments import Segments, known_segments
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.readmodel.gateways.delivery_client import DeliveryClient
from tests.harness.deliveries import SECRET


@dataclass
class DraftDelivery:
    """What answers the api. rows: what it says of all subscriptions. now_ms: its clock."""

    client: DeliveryClient
    drafts: Drafts
    rows: list[dict[str, Any]] = field(default_factory=list)

    def plan(self, name: str, value: bytes) -> DeliveryPlan:
        """The plan of a subscription of the topic; raises OperatorError where it can't be used."""
        subscription = parse_subscription(name, value.decode(), "test")
        return self.drafts.resolver.bounded_plan_of(subscription, self.drafts.env_prefix)


@asynccontextmanager
async def draft_delivery(folder: Path, model: str, now_ms: int) -> AsyncIterator[DraftDelivery]:
    """Delivery on a database of the folder; the receiver may be on 127.0.0.1."""
    templates = folder / "templates"
    templates.mkdir()
    (templates / "own.yaml").write_text("{body: {who: '${subject}', name: '${words.name}'}}")
    store_thread = StoreThread(Store(Database(f"sqlite:///{folder / 'delivery.sqlite'}")))
    segments = Segments(ClientSettings("localhost:1"), "models")
    segments.model = parse_model(model, "m")
    segments.known = known_segments(segments.model.segments)
    kept = KeptSecrets(SecretBox(folder), lambda: now_ms)
    environment: Mapping[str, str] = {"HOOK_SECRET": SECRET}
    references = SecretReferences(environment, folder)
    resolver = SubscriptionResolver(
        references, templates, frozenset({"127.0.0.1"}), Phrases(), segments, kept, "leads@example.com"
    )
    sender = Sender(5)
    send = Senders(sender, None).send
    context = DispatchContext(send, store_thread, Metrics(), AttemptStream().tell, lambda: now_ms, lambda: 0.5)
    drafts = Drafts(resolver, "HOOK_", context, "streamprocessor/app")
    listening = listening_socket("delivery", "127.0.0.1", 0)
    client = DeliveryClient(f"http://127.0.0.1:{listening.getsockname()[1]}", "token")
    found = DraftDelivery(client, drafts)

    async def rows(_: Request) -> JSONResponse:
        return JSONResponse({"subscriptions": found.rows})

    routes = [Route("/subscriptions", rows), *DraftRoutes(drafts, SecretVault(store_thread, kept)).routes()]
    async with serving(Starlette(routes=[Mount("/api", routes=routes)]), listening):
        try:
            yield found
        finally:
            await client.close()
            await sender.close()
            await store_thread.close()
