"""A second table, made of the input topics under an application of its own while the first one goes on.

Then the first one ends, and each contact goes on in the second where it was announced last: sequence, episodes, what is
shown, links, and the offsets up to which its input was applied.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from streamprocessor.cli.kafka.topic_reader import records_of
from streamprocessor.cli.rebuild.acknowledged_writer import AcknowledgedWriter, acknowledged_writer
from streamprocessor.cli.rebuild.application import Application
from streamprocessor.cli.rebuild.input_replay import beginnings_of
from streamprocessor.cli.rebuild.second.announced_contacts import AnnouncedContacts
from streamprocessor.cli.rebuild.second.carried_contact import ContactCarrier
from streamprocessor.cli.rebuild.second.contacts import SecondContacts
from streamprocessor.cli.rebuild.second.former_contacts import FormerContacts
from streamprocessor.cli.rebuild.second.origin_table import OriginTable
from streamprocessor.cli.rebuild.second.topics import SecondTopics, TableStage
from streamprocessor.cli.rebuild.second.topics_reading import TopicsReading, build_plan
from streamprocessor.contract.changelog.entry import IDENTITY_KEY, TableIdentity, encode_identity, new_incarnation
from streamprocessor.contract.changelog.pseudonyms import address_check, salt_check
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.model_file.revisions import ModelRevision, history_of, model_of
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG, EVIDENCE_TRANSFERS, MODELS
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.consumer_group import committed_offsets, consumer_group
from streamprocessor.kafka.admin.reconcile import end_offsets, topic_ids
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.process.clock import now_ms
from streamprocessor.scoring.scorer import Scorer

_LOOK_SECONDS = 0.5
_PROGRESS_SECONDS = 10.0


class TableSalts(NamedTuple):
    """The secrets by which workers know erased contacts and mail addresses."""

    erasure: str
    address: str


class _Making(NamedTuple):
    """What is made under one revision of the model. is_from_topics: what the topics hold is all evidence by purpose."""

    former: FormerContacts
    contacts: SecondContacts
    identity: TableIdentity
    revision: ModelRevision
    is_from_topics: bool


class SecondTable:
    """Makes a table in the target that takes the place of the origin's, once."""

    def __init__(
        self,
        origin: Application,
        target: Application,
        salts: TableSalts,
        say: Callable[[str], None],
        *,
        from_topics_only: bool = False,
    ) -> None:
        """say: told how far it is. from_topics_only: evidence that the topics hold no more is left behind."""
        self._origin, self._target, self._salts, self._say = origin, target, salts, say
        self._from_topics_only = from_topics_only
        self._topics = SecondTopics(origin, target)
        self._changelog = target.layout.full_name(CONTACTS_CHANGELOG)
        self._origin_changelog = origin.layout.full_name(CONTACTS_CHANGELOG)
        self._ended_at_seconds = self._progress_at_seconds = time.monotonic()

    async def make(self) -> None:
        """Make the table while the origin's workers run, wait until they were stopped, and have it go on.

        Where it was killed it is begun again, or goes on where nothing may begin again.

        Raises OperatorError where the target is another table or has workers, or salts are not those of the origin.
        """
        table = await self._topics.origin()
        if table is not None and table.stage is TableStage.DONE:
            self._say(f"group {self._target.group}: has the table in place of that of {self._origin.group} already")
            return
        async with acknowledged_writer(self._target.clients, []) as writer:
            if table is None or table.stage is TableStage.BEGUN:
                covers_all = await self._write(writer)
            else:
                covers_all = table.covers_all
            newest = await self._newest_revision()
            await self._topics.copy_models(writer, revision_in_place_of(newest, covers_all=covers_all))
            await self._topics.note(writer, TableStage.DONE, covers_all=covers_all)
        seconds = time.monotonic() - self._ended_at_seconds
        self._say(
            f"group {self._target.group}: has the table; start workers, api and delivery with "
            f"--app-id {self._target.layout.app_id}. It had none for {seconds:.1f} s so far"
        )

    async def _write(self, writer: AcknowledgedWriter) -> bool:
        """Write the table and end the origin; whether its evidence has all that the model needs."""
        await self._target.refuse_workers()
        making = await self._begin()
        await self._topics.begin()
        while not (await self._follow(writer, making) and await self._finish(writer, making)):
            self._say("another model was applied meanwhile: begun again by that one")
            making = await self._begin()
        covers_all = making.is_from_topics or making.contacts.covers_all()
        await self._topics.note(writer, TableStage.WRITTEN, covers_all=covers_all)
        for sentence in making.contacts.sentences():
            self._say(sentence)
        return covers_all

    async def _begin(self) -> _Making:
        """Know the first table, or where it is lost what was announced, and stand at the topics' beginning."""
        revision = await self._newest_revision()
        there = await topic_ids(self._origin.clients, [self._origin_changelog])
        is_lost = not there or not any((await end_offsets(self._origin.clients, there)).values())
        is_from_topics = is_lost or self._from_topics_only
        in_force = (revision_in_place_of(revision, covers_all=True) if is_from_topics else None) or revision
        scorer, contact_ids = Scorer(model_of(in_force)), ContactIds(self._salts.address)
        plan = build_plan(self._target.layout, scorer, contact_ids, self._salts.erasure)
        former: FormerContacts
        if is_lost:
            self._say(f"{self._origin_changelog}: is lost; contacts go on from what was announced of them last")
            former = AnnouncedContacts(self._origin.clients, self._origin.layout)
        else:
            former = OriginTable(self._origin.clients, self._origin_changelog, plan)
        await former.catch_up()
        checks = salt_check(plan.pseudonym), address_check(contact_ids)
        identity = former.identity() or TableIdentity(new_incarnation(), {}, *checks)
        _refuse_other_salts(identity, checks)
        self._refuse_succeeded(identity)
        carrier = ContactCarrier(
            scorer,
            _announcer(self._target.group, identity, scorer),
            from_topics_only=is_from_topics,
            is_table_lost=is_lost,
            is_step_later=bool(in_force.kept_since),
        )
        reading = TopicsReading(self._target, plan, former.erased(), self._say_progress)
        await reading.begin()
        contacts = SecondContacts(former, reading, carrier, self._changelog, plan.partitions)
        return _Making(former, contacts, identity, revision, is_from_topics)

    def _refuse_succeeded(self, identity: TableIdentity) -> None:
        if identity.successor and identity.successor != self._target.group:
            message = (
                f"{self._origin_changelog}: its contacts go on in the table of group {identity.successor} already; "
                "wanted the table that is in force; where that one was never finished and is not to be, run `rebuild "
                "--keep` on this one first"
            )
            raise OperatorError(message)

    async def _follow(self, writer: AcknowledgedWriter, making: _Making) -> bool:
        """Keep up with the origin until its workers have ended; False: another model was applied."""
        is_new = True
        while True:
            committed = await committed_offsets(self._origin.clients, self._origin.group)
            has_workers = await self._has_workers()
            self._ended_at_seconds = time.monotonic()
            await making.contacts.catch_up(writer, committed)
            await writer.flush()
            if await self._newest_revision() != making.revision:
                return False
            if not has_workers:
                return True
            if is_new:
                self._say(
                    f"group {self._target.group}: has caught up with {self._origin.group}; stop the workers of that "
                    f"one (--app-id {self._origin.layout.app_id}): as soon as they have ended, it takes over"
                )
            is_new = False
            await asyncio.sleep(_LOOK_SECONDS)

    async def _finish(self, writer: AcknowledgedWriter, making: _Making) -> bool:
        """Have the origin's workers start no more, and write all that is still missing; False: as of _follow."""
        await self._end_origin(writer, making.former)
        # One that started meanwhile finds that its table has a successor, and ends.
        while await self._has_workers():  # noqa: ASYNC110 - the coordinator tells nobody when the last one has left
            await asyncio.sleep(_LOOK_SECONDS)
        if await self._newest_revision() != making.revision:
            return False
        committed = await committed_offsets(self._origin.clients, self._origin.group)
        await making.contacts.catch_up_wholly(writer, committed)
        await self._send_owed(writer, making.former)
        await self._hand_on_messages(writer, making.former, committed)
        await self._topics.copy_subscriptions(writer)
        await self._topics.write_erased(writer, making.contacts.erased())
        await writer.flush()
        await self._target.commit(await self._offsets(committed))
        await self._topics.write_identity(writer, making.identity)
        return True

    async def _end_origin(self, writer: AcknowledgedWriter, former: FormerContacts) -> None:
        """Let the origin's table say who goes on in its place; of a lost one nothing is there to say it."""
        if isinstance(former, OriginTable):
            for number, identity in former.identities().items():
                ended = msgspec.structs.replace(identity, successor=self._target.group)
                await writer.send((self._origin_changelog, number), IDENTITY_KEY, encode_identity(ended))
            await writer.flush()

    async def _send_owed(self, writer: AcknowledgedWriter, former: FormerContacts) -> None:
        """Send what a worker that was killed still owed, byte for byte, as the next one would have."""
        for number, (topic, key, value, headers) in former.owed():
            placed = number if key is None else partition_of(key, self._topics.partitions)
            await writer.send((self._target.layout.full_name(topic), placed), key, value, headers)

    async def _hand_on_messages(
        self, writer: AcknowledgedWriter, former: FormerContacts, committed: dict[tuple[str, int], int]
    ) -> None:
        """Hand on the messages between contacts that nobody has applied yet."""
        layout = self._target.layout
        name = self._origin.layout.full_name(EVIDENCE_TRANSFERS)
        async for record in records_of(self._origin.clients, name):
            is_read = record.offset < committed.get((name, record.partition), 0)
            if not is_read and not former.is_applied_message(record):
                where = layout.full_name(EVIDENCE_TRANSFERS), partition_of(record.key or b"", self._topics.partitions)
                await writer.send(where, record.key, record.value, record.headers)

    async def _offsets(self, committed: dict[tuple[str, int], int]) -> dict[tuple[str, int], int]:
        """Where the target's workers go on in each input topic: where the origin's would have."""
        names = [*self._target.layout.input_names(), self._target.layout.full_name(EVIDENCE_TRANSFERS)]
        beginnings = await beginnings_of(self._target.clients, names)
        return {place: max(first, committed.get(place, 0)) for place, first in beginnings.items()}

    def _say_progress(self, count: int, total: int) -> None:
        if time.monotonic() - self._progress_at_seconds >= _PROGRESS_SECONDS:
            self._progress_at_seconds = time.monotonic()
            self._say(f"{count:,} of {total:,} records of the input topics are read")

    async def _has_workers(self) -> bool:
        return bool((await consumer_group(self._origin.clients, self._origin.layout, self._origin.group)).members)

    async def _newest_revision(self) -> ModelRevision:
        topic = self._origin.layout.full_name(MODELS)
        history = history_of([record async for record in records_of(self._origin.clients, topic)])
        if not history:
            message = f"{topic}: holds no model; wanted the one that the contacts were scored by: `model apply` it"
            raise OperatorError(message)
        return history[-1].revision


def revision_in_place_of(newest: ModelRevision, *, covers_all: bool) -> ModelRevision | None:
    """The revision of a second table that comes after the newest of the first one; None: that one stays in force.

    By it contacts are scored anew where evidence of the newest began late. covers_all: it does so no more.
    """
    if not newest.kept_since:
        return None
    return ModelRevision(
        revision=newest.revision + 1,
        name=newest.name,
        version=newest.version,
        text=newest.text,
        applied_at_ms=now_ms(),
        kept_since={} if covers_all else newest.kept_since,
        origin="rebuild --into",
    )


def _announcer(group: str, identity: TableIdentity, scorer: Scorer) -> Announcer:
    """As the workers of this group have it."""
    model = scorer.model
    source = f"streamprocessor/{group}"
    return Announcer(AnnouncerIdentity(source, identity.incarnation, model.name, model.version, model.display))


def _refuse_other_salts(identity: TableIdentity, checks: tuple[str, str]) -> None:
    names = "STREAMPROCESSOR_ERASURE_SALT", "STREAMPROCESSOR_ADDRESS_SALT"
    known = identity.salt_check, identity.address_check
    for name, mine, check in zip(names, checks, known, strict=True):
        if check not in ("", mine):
            message = f"{name}: is another than the one that the table was made with; wanted that of its workers"
            raise OperatorError(message)
