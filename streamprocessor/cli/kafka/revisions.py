"""The models topic: the history of the application's model read, the next revision written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from streamprocessor.cli.kafka.topic_reader import records_of, writer_to
from streamprocessor.contract.model_file.read_model import parse_model, read_model_text
from streamprocessor.contract.model_file.revisions import (
    HistoryEntry,
    ModelRevision,
    encode_revision,
    history_of,
    model_of,
    new_key,
    revision_after,
    with_same_scores,
)
from streamprocessor.contract.topic_names import MODELS
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.layout import full_name_of
from streamprocessor.kafka.connection import client_settings
from streamprocessor.process.clock import now_ms
from streamprocessor.scoring.model.model import Model
from streamprocessor.settings import Settings


class AppliedRevision(NamedTuple):
    """What is in force after an apply.

    before: what was until then; None: nothing, or is_new is False.
    is_new: whether the apply brought it, or only found it.
    """

    entry: HistoryEntry
    before: HistoryEntry | None
    is_new: bool

    @property
    def revision(self) -> ModelRevision:
        """The revision in force."""
        return self.entry.revision


class NextModel(NamedTuple):
    """A model that is to be put in force, and the text that spells it.

    origin: the command that wants it. announce_hot_leads: contacts that become hot by the change alone are announced.
    number: of its revision, where the models topic was lost and begins anew; None: the one after the last.
    """

    model: Model
    text: str
    origin: str
    announce_hot_leads: bool = False
    number: int | None = None


async def model_history(settings: Settings) -> list[HistoryEntry]:
    """All revisions that were ever in force, of which the last one is.

    Raises OperatorError where no model was applied yet.
    """
    topic = full_name_of(settings, MODELS)
    history = await _history(settings, topic)
    if not history:
        message = f"{topic}: holds no model; wanted one: run `streamprocessor model apply` first"
        raise OperatorError(message)
    return history


async def active_model(settings: Settings) -> ModelRevision:
    """The newest revision; raises as model_history does."""
    return (await model_history(settings))[-1].revision


def entry_labelled(history: Sequence[HistoryEntry], label: str) -> HistoryEntry:
    """The revision of that label; raises OperatorError where the history has none."""
    for entry in history:
        if entry.label == label:
            return entry
    message = f"revision {label}: wanted one of those that `streamprocessor model history` lists; got another"
    raise OperatorError(message)


def next_model_from(file: Path, origin: str, *, announce_hot_leads: bool = False) -> NextModel:
    """The file's model; raises ModelError with a line for each problem."""
    text = read_model_text(file)
    return NextModel(parse_model(text, str(file)), text, origin, announce_hot_leads)


async def apply_model(
    settings: Settings, file: Path, *, announce_hot_leads: bool = False, number: int | None = None
) -> AppliedRevision:
    """Write the file's model as the next revision, where it is not in force already; raises ModelError.

    Where nothing but segments and names is another, the revision stays and holds the new ones.
    announce_hot_leads: contacts that become hot by the change alone are announced, too. number: as in NextModel.
    """
    next_model = next_model_from(file, f"model apply {file}", announce_hot_leads=announce_hot_leads)
    return await apply_next_model(settings, next_model._replace(number=number))


async def apply_next_model(settings: Settings, next_model: NextModel) -> AppliedRevision:
    """Write the model as the next revision, as apply_model does with that of a file."""
    return await _write(settings, lambda history: _next(history, next_model))


async def apply_first(settings: Settings, file: Path, origin: str) -> AppliedRevision:
    """Write the file's model as the first revision where none is in force; else the file is not looked at."""

    def first(history: Sequence[HistoryEntry]) -> ModelRevision | None:
        return None if history else _next(history, next_model_from(file, origin))

    return await _write(settings, first)


async def roll_back(settings: Settings, label: str, *, announce_hot_leads: bool = False) -> AppliedRevision:
    """Write the text of an earlier revision as the next one; raises OperatorError where the history has no such."""

    def earlier(history: Sequence[HistoryEntry]) -> ModelRevision | None:
        revision = entry_labelled(history, label).revision
        next_model = NextModel(model_of(revision), revision.text, f"model rollback {label}", announce_hot_leads)
        return _next(history, next_model)

    return await _write(settings, earlier)


def says_the_same(revision: ModelRevision, model: Model) -> bool:
    """Whether the model's scores, segments and names are those of the revision."""
    if (revision.name, revision.version) != (model.name, model.version):
        return False
    known = model_of(revision)
    is_same = repr(known.segments) == repr(model.segments)  # where true is not 1
    return is_same and known.display == model.display


def revision_of_file(file: Path) -> ModelRevision:
    """The file's model as revision 0, which is none yet; raises ModelError with a line for each problem."""
    text = read_model_text(file)
    model = parse_model(text, str(file))
    return ModelRevision(0, model.name, model.version, text, 0)


def _next(history: Sequence[HistoryEntry], next_model: NextModel) -> ModelRevision | None:
    """The revision that brings the next model; None where the model is in force already."""
    newest = history[-1].revision if history else None
    if next_model.number is not None:
        return _numbered(newest, next_model, next_model.number)
    if newest is not None and says_the_same(newest, next_model.model):
        return None
    if newest is not None and (newest.name, newest.version) == (next_model.model.name, next_model.model.version):
        revision = with_same_scores(newest, next_model.text, now_ms())
    else:
        revision = revision_after(
            newest, next_model.model, next_model.text, now_ms(), announce_hot_leads=next_model.announce_hot_leads
        )
    return msgspec.structs.replace(revision, origin=next_model.origin)


def _numbered(newest: ModelRevision | None, next_model: NextModel, number: int) -> ModelRevision:
    """The revision of that number; raises OperatorError where there is one as high."""
    if newest is not None and newest.revision >= number:
        message = f"revision {number}: wanted one after {newest.revision}, which is in force; leave --revision out"
        raise OperatorError(message)
    announce = next_model.announce_hot_leads
    revision = revision_after(newest, next_model.model, next_model.text, now_ms(), announce_hot_leads=announce)
    return msgspec.structs.replace(revision, revision=number, origin=next_model.origin)


async def _write(
    settings: Settings, next_after: Callable[[Sequence[HistoryEntry]], ModelRevision | None]
) -> AppliedRevision:
    """Write what follows the history, and again what follows it then where somebody else's revision came first.

    next_after: None where what is in force is to stay.
    """
    topic = full_name_of(settings, MODELS)
    while True:
        history = await _history(settings, topic)
        revision = next_after(history)
        if revision is None:
            return AppliedRevision(history[-1], None, is_new=False)
        key = new_key(revision)
        async with writer_to(client_settings(settings), [topic]) as producer:
            await producer.send_and_wait(topic, key=key, value=encode_revision(revision))
        history = await _history(settings, topic)
        for before, entry in zip((None, *history), history, strict=False):
            if entry.key == key:
                return AppliedRevision(entry, before, is_new=True)


async def _history(settings: Settings, topic: str) -> list[HistoryEntry]:
    return history_of([record async for record in records_of(client_settings(settings), topic)])
