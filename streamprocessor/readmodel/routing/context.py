"""What the endpoints share: the database, the scorer, who may ask, and who is asked further."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.display import Display
from streamprocessor.contract.model_file.checks.hints import NO_WORDS, KnownWords
from streamprocessor.imports.proposals.file_proposal import FileProposal, GivenFile, ProposalBounds
from streamprocessor.inbox.rules import InboxRules
from streamprocessor.process.http.client_address import ClientAddresses
from streamprocessor.readmodel.audit import AuditLog
from streamprocessor.readmodel.gateways.delivery_client import DeliveryClient
from streamprocessor.readmodel.gateways.eraser import Eraser
from streamprocessor.readmodel.gateways.import_files import ImportFiles
from streamprocessor.readmodel.gateways.import_jobs import ImportJobs
from streamprocessor.readmodel.gateways.import_mappings import SavedMappings
from streamprocessor.readmodel.gateways.lead_act_writer import LeadActWriter
from streamprocessor.readmodel.gateways.model_topic import ModelTopic
from streamprocessor.readmodel.gateways.shadow_client import ShadowClient
from streamprocessor.readmodel.gateways.subscription_store import SubscriptionStore
from streamprocessor.readmodel.gateways.trial.preview_jobs import PreviewJobs
from streamprocessor.readmodel.gateways.trial.replay_jobs import ReplayJobs
from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.projection.hot_lead_stream import HotLeadStreams
from streamprocessor.readmodel.requests.attempts import Attempts
from streamprocessor.readmodel.requests.sessions import LIFE_SECONDS, Session, Sessions, csrf_token_of
from streamprocessor.readmodel.requests.sign_in_links import SignInLinks
from streamprocessor.readmodel.requests.tokens import Grant, Tokens, made_grant
from streamprocessor.readmodel.store.access.access_store import AccessStore
from streamprocessor.readmodel.store.cache import Cache
from streamprocessor.readmodel.store.database import reading, writing
from streamprocessor.readmodel.store.distribution import Distribution
from streamprocessor.readmodel.store.ended_sessions import end_session, has_ended
from streamprocessor.readmodel.store.figures.counts import Counts
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.readmodel.store.tallies import distribution_of
from streamprocessor.scoring.scorer import Scorer

_DISTRIBUTION_SECONDS, _OLD_DISTRIBUTION_SECONDS = 2.0, 8.0
_SHARES_SECONDS = 60.0
_ATTRIBUTES_SECONDS = 10.0


@dataclass(frozen=True)
class Gateways:
    """What others do for clients, and what bounds it."""

    eraser: Eraser
    subscriptions: SubscriptionStore
    delivery: DeliveryClient
    shadow: ShadowClient
    lead_acts: LeadActWriter
    imports: ImportJobs
    import_files: ImportFiles
    saved_mappings: SavedMappings
    propose: Callable[[GivenFile, str | None, ProposalBounds], FileProposal]
    """What an import of a file by a mapping would do."""
    allowed_hosts: frozenset[str]
    """Names of hosts that webhooks may go to though they are inside, or plain http."""
    secrets_env_prefix: str
    """What the names of environment variables begin with that subscriptions may refer to."""
    mappings: Path
    """The folder of what the columns of CSV files mean."""
    replays: ReplayJobs
    previews: PreviewJobs = field(default_factory=PreviewJobs)

    async def stop(self) -> None:
        """End what they do by themselves."""
        await self.imports.stop()
        await self.previews.stop()
        await self.replays.stop()


@dataclass(frozen=True)
class Figures:
    """What is costly to find out of all contacts, and may be some seconds old."""

    distributions: Cache[Distribution] = field(
        default_factory=lambda: Cache(time.monotonic, _DISTRIBUTION_SECONDS, _OLD_DISTRIBUTION_SECONDS)
    )
    shares: Cache[Any] = field(default_factory=lambda: Cache(time.monotonic, _SHARES_SECONDS))
    attributes: Cache[list[str]] = field(default_factory=lambda: Cache(time.monotonic, _ATTRIBUTES_SECONDS))
    counts: Counts = field(default_factory=lambda: Counts(time.monotonic))


@dataclass(frozen=True)
class ApiContext:
    """The shared parts of one api process."""

    engine: Engine
    scorer: Callable[[], Scorer]
    """Of the model in force."""
    model_text: Callable[[], str]
    model_topic: ModelTopic
    model_approvals: int
    """The model in force as its file has it."""
    tokens: Tokens
    """Of the settings."""
    access: AccessStore
    """Tokens that people made, and their sessions."""
    sessions: Sessions
    attempts: Attempts
    client_addresses: ClientAddresses
    audit: AuditLog
    metrics: Metrics
    clock_ms: Callable[[], int]
    gateways: Gateways
    hot_lead_streams: HotLeadStreams
    contact_ids: ContactIds
    known_words: KnownWords = NO_WORDS
    """What sources send: by them models are looked at."""
    inbox: InboxRules = field(default_factory=InboxRules)
    """Who takes hot leads, and by when; without its file nobody does."""
    sign_in_links: SignInLinks | None = None
    """None: nobody signs in by a link here."""
    figures: Figures = field(default_factory=Figures)

    @property
    def display(self) -> Display:
        """What the model in force calls contacts by."""
        return self.scorer().model.display

    def made_grant_of(self, token: str) -> Grant | None:
        """What a token allows that somebody made; None: it is none of those, or its time is over."""
        made = self.access.of_secret(token)
        return None if made is None else made_grant(made)

    def made_session_of(self, cookie: str) -> Session | None:
        """The session that a token opened which somebody made; None: there is none, or its time is over."""
        made = self.access.of_cookie(cookie)
        return None if made is None else Session(made_grant(made), csrf_token_of(cookie))

    def open_session(self, token: str, grant: Grant) -> tuple[str, Session]:
        """The cookie's value, and the session of who has shown the token of this grant."""
        if grant.token_id is None:
            return self.sessions.open(token, grant)
        cookie = self.access.open_session(grant.token_id, self.clock_ms() + LIFE_SECONDS * 1000)
        return cookie, Session(grant, csrf_token_of(cookie))

    def has_ended(self, session: Session) -> bool:
        """Whether somebody ended the session of a settings' token, here or in another process."""
        with self.reading() as connection:
            return has_ended(connection, session.id)

    def end(self, session: Session, cookie: str) -> None:
        """End the session of the cookie for good, in all processes of this database; what it follows ends too."""
        now_ms = self.clock_ms()
        if session.grant.token_id is None:
            with writing(self.engine) as connection:
                end_session(connection, session.id, now_ms, now_ms + LIFE_SECONDS * 1000)
        else:
            self.access.end_session(cookie)
        self.hot_lead_streams.wake()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction all of whose questions see one state of the tables."""
        with reading(self.engine) as connection:
            yield connection

    def distribution(self, order: SortOrder, connection: Connection | None = None) -> Distribution:
        """How the score is spread over all contacts, at most some seconds ago.

        Where it is not known it is counted in the connection's transaction; without one, and beside, in one of its own.
        """

        def count() -> Distribution:
            with self.reading() as own:
                return distribution_of(own, order.score, order.value)

        def count_here() -> Distribution:
            return count() if connection is None else distribution_of(connection, order.score, order.value)

        return self.figures.distributions.of((order.score, order.value), count_here, count)


async def context_of(request: Request) -> ApiContext:
    """The context of the application that was asked."""
    context: ApiContext = request.app.state.context
    return context


Context = Annotated[ApiContext, Depends(context_of)]
"""The parameter by which an endpoint gets what all share."""
