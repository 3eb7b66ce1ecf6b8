"""The models topic: the history of the application's model read, the next revision written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from streamprocessor.cli.kafka.topic_reader import records_of, writer_to
from streamprocessor.contract.model_file.next_revision import (
    UNSIGNED,
    NextModel,
    Publication,
    earlier_model,
    next_revision,
)
from streamprocessor.contract.model_file.read_model import parse_model, read_model_text
from streamprocessor.contract.model_file.revisions import (
    HistoryEntry,
    ModelRevision,
    encode_revision,
    highest_number_of,
    history_of,
    new_key,
)
from streamprocessor.contract.topic_names import MODELS
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.layout import full_name_of
from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.kafka.connection import client_settings
from streamprocessor.process.clock import now_ms
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


async def model_history(settings: Settings) -> list[HistoryEntry]:
    """All revisions that were ever in force, of which the last one is.

    Raises OperatorError where no model was applied yet.
    """
    topic = full_name_of(settings, MODELS)
    history = history_of(await _records(settings, topic))
    if not history:
        message = f"{topic}: holds no model; wanted one: run `streamprocessor model apply` first"
        raise OperatorError(message)
    return history


async def active_model(settings: Settings) -> ModelRevision:
    """The newest revision; raises as model_history does."""
    return (await model_history(settings))[-1].revision


def next_model_from(file: Path, origin: str, publication: Publication = UNSIGNED) -> NextModel:
    """The file's model; raises ModelError with a line for each problem."""
    text = read_model_text(file)
    return NextModel(parse_model(text, str(file)), text, origin, publication)


async def apply_model(
    settings: Settings,
    file: Path,
    publication: Publication = UNSIGNED,
    *,
    number: int | None = None,
) -> AppliedRevision:
    """Write the file's model as the next revision, where it is not in force already.

    number: as in NextModel. Raises ModelError, and what apply_next_model does.
    """
    next_model = next_model_from(file, f"model apply {file}{_without_approval(settings, publication)}", publication)
    return await apply_next_model(settings, next_model._replace(number=number))


async def apply_next_model(settings: Settings, next_model: NextModel) -> AppliedRevision:
    """Write the model as the next revision, where it is not in force already.

    Where nothing but segments and names is another, the revision stays and holds the new ones.

    Raises:
        OperatorError: its base is none of the history's, its number may not follow, or nobody else approved of it.
        RevisionConflictError: its base is not in force any more.
    """
    return await _write(settings, lambda _: next_model)


async def apply_first(settings: Settings, file: Path, origin: str, publication: Publication) -> AppliedRevision:
    """Write the file's model as the first revision where none is in force; else the file is not looked at."""
    return await _write(settings, lambda history: None if history else next_model_from(file, origin, publication))


async def roll_back(settings: Settings, label: str, publication: Publication) -> AppliedRevision:
    """Write the text of an earlier revision as the next one; raises as apply_next_model does."""
    return await _write(settings, lambda history: earlier_model(history, label, publication))


async def promote(settings: Settings, app_id: str, publication: Publication) -> AppliedRevision:
    """Write the candidate of that application, a shadow, as the next revision; raises as apply_next_model does.

    The shadow's is the model that its own models topic has in force.
    """
    topic = full_name_of(settings.model_copy(update={"app_id": app_id}), MODELS)
    candidates = []
    if topic in await topic_ids(client_settings(settings), [topic]):
        candidates = history_of(await _records(settings, topic))
    if not candidates:
        message = f"{topic}: holds no candidate; wanted a shadow that scores one: `streamprocessor shadow --model FILE`"
        raise OperatorError(message)
    text, origin = candidates[-1].revision.text, f"model promote --from {app_id}"
    origin += _without_approval(settings, publication)
    return await apply_next_model(settings, NextModel(parse_model(text, topic), text, origin, publication))


def revision_of_file(file: Path) -> ModelRevision:
    """The file's model as revision 0, which is none yet; raises ModelError with a line for each problem."""
    text = read_model_text(file)
    model = parse_model(text, str(file))
    return ModelRevision(0, model.name, model.version, text, 0)


async def _write(
    settings: Settings, wanted_after: Callable[[Sequence[HistoryEntry]], NextModel | None]
) -> AppliedRevision:
    """Write what is wanted after the history, and again after what it is then where another revision came first.

    wanted_after: None where what is in force is to stay.
    """
    topic = full_name_of(settings, MODELS)
    while True:
        records = await _records(settings, topic)
        history = history_of(records)
        wanted = wanted_after(history)
        revision = None if wanted is None else next_revision(history, highest_number_of(records), wanted, now_ms())
        if wanted is None or revision is None:
            return AppliedRevision(history[-1], None, is_new=False)
        if settings.model_approvals and history and not wanted.publication.without_approval:
            raise _needs_approval(settings)
        key = new_key(revision)
        async with writer_to(client_settings(settings), [topic]) as producer:
            await producer.send_and_wait(topic, key=key, value=encode_revision(revision))
        history = history_of(await _records(settings, topic))
        for before, entry in zip((None, *history), history, strict=False):
            if entry.key == key:
                return AppliedRevision(entry, before, is_new=True)


def _without_approval(settings: Settings, publication: Publication) -> str:
    """What the history says where an approval was wanted and done without."""
    return " --without-approval" if settings.model_approvals and publication.without_approval else ""


def _needs_approval(settings: Settings) -> OperatorError:
    return OperatorError(
        f"STREAMPROCESSOR_MODEL_APPROVALS: {settings.model_approvals}, so a model needs another's approval; wanted "
        "it drafted, approved and published on the page or over the API, or --without-approval, which the history keeps"
    )


async def _records(settings: Settings, topic: str) -> list[Any]:
    return [record async for record in records_of(client_settings(settings), topic)]
