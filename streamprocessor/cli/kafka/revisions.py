"""The models topic: the newest revision of the application's model read, the next one written."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from streamprocessor.cli.kafka.topic_reader import records_of, writer_to
from streamprocessor.contract.model_file.read_model import parse_model, read_model_text
from streamprocessor.contract.model_file.revisions import (
    ModelRevision,
    encode_revision,
    key_of,
    model_of,
    newest_of,
    resegmented,
    revision_after,
)
from streamprocessor.contract.topic_names import MODELS
from streamprocessor.contract.topics.topics import read_topics, topic_named
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import client_settings
from streamprocessor.process.clock import now_ms
from streamprocessor.settings import Settings


class AppliedRevision(NamedTuple):
    """The revision in force; is_new: it, or its segments, were not before."""

    revision: ModelRevision
    is_new: bool


def full_name_of(settings: Settings, topic: str) -> str:
    """The name on the broker of one of the application's topics."""
    described = topic_named(read_topics(Path(settings.topics_dir)), topic)
    return described.full_name(settings.topic_prefix, settings.app_id)


async def active_model(settings: Settings) -> ModelRevision:
    """The newest revision; raises OperatorError where no model was applied yet."""
    topic = full_name_of(settings, MODELS)
    revision = await _newest(client_settings(settings), topic)
    if revision is None:
        message = f"{topic}: holds no model; wanted one: run `streamprocessor model apply` first"
        raise OperatorError(message)
    return revision


async def apply_model(settings: Settings, file: Path, *, announce_hot_leads: bool = False) -> AppliedRevision:
    """Write the file's model as the next revision, where it is not in force already; raises ModelError.

    Where nothing but segments is another, the revision stays and holds the new ones.
    announce_hot_leads: contacts that become hot by the change alone are announced, too.
    """
    text = read_model_text(file)
    model = parse_model(text, str(file))
    clients, topic = client_settings(settings), full_name_of(settings, MODELS)
    newest = await _newest(clients, topic)
    if newest is not None and (newest.name, newest.version) == (model.name, model.version):
        if repr(model_of(newest).segments) == repr(model.segments):  # where true is not 1
            return AppliedRevision(newest, is_new=False)
        revision = resegmented(newest, text, now_ms())
    else:
        revision = revision_after(newest, model, text, now_ms(), announce_hot_leads=announce_hot_leads)
    async with writer_to(clients, [topic]) as producer:
        await producer.send_and_wait(topic, key=key_of(revision.name), value=encode_revision(revision))
    return AppliedRevision(revision, is_new=True)


def revision_of_file(file: Path) -> ModelRevision:
    """The file's model as revision 0, which is none yet; raises ModelError with a line for each problem."""
    text = read_model_text(file)
    model = parse_model(text, str(file))
    return ModelRevision(0, model.name, model.version, text, 0)


async def _newest(clients: ClientSettings, topic: str) -> ModelRevision | None:
    return newest_of([record async for record in records_of(clients, topic)])
