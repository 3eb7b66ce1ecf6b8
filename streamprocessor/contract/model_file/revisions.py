"""Values of the models topic: each a revision of the scoring model, with the text of its file.

Each record has a key of its own, so that compaction keeps all of them: the topic is the model's history. Records of
before that have the model's name as key, of which compaction keeps the last one.

Which records count is decided by their order in the topic alone, so that all readers decide alike: one counts that has
a higher number than all before it, or the number of the last one that counts and the same scores, but another text (it
brings other segments, or calls contacts otherwise). Of two that were written at one moment with one number and other
scores, the first one counts. One that names a revision as its base counts where that one is in force when it lands, and
not at all where somebody else's came between.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from streamprocessor.contract.changelog.entry import RESERVED
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.errors import OperatorError
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.plan.coverage import covered_since

WORKERS_FOLLOW_WITHIN_MS = 5_000
"""How long after an apply, by clocks that agree within seconds, some worker may still keep only what the model before
needs: evidence of a new revision is complete from then on."""
_DIGEST_CHARS = 16


class ModelRevision(msgspec.Struct, frozen=True):
    """One applied model; the key beside it is a `new_key`.

    revision: rises by one with each apply that changes more than segments and names, the first is 1.
    version: the hash of the content, as parse_model has it.
    text: the file as it was.
    applied_at_ms: since the epoch; in JSON it is called applied_at.
    kept_since: as covered_since_ms in Model.
    announce_hot_leads: as in Model.
    origin: the command that applied it; "": it was not kept.
    author: who applied it, a token's name or a user of the operating system; "": it was not kept.
    note: why, in the author's words.
    approved_by: the names of those whose approval the draft had that it was.
    based_on: the digest_of the revision that has to be in force when it lands; "": whichever is.
    """

    revision: int
    name: str
    version: str
    text: str
    applied_at_ms: int = msgspec.field(name="applied_at")
    kept_since: dict[str, dict[str, int]] = {}
    announce_hot_leads: bool = False
    origin: str = ""
    author: str = ""
    note: str = ""
    approved_by: tuple[str, ...] = ()
    based_on: str = ""


class HistoryEntry(NamedTuple):
    """A revision that is, or was, in force.

    label: tells it from all others of the history: its number, and behind a dot how many times other segments
        or names came to that number before, such as 3, 3.1, 3.2.
    key: of its record.
    """

    label: str
    revision: ModelRevision
    key: bytes | None


def new_key(revision: ModelRevision) -> bytes:
    """A key that no other record of the topic has, not even one of the same revision."""
    return f"{revision.revision}/{secrets.token_hex(8)}".encode()


def digest_of(revision: ModelRevision) -> str:
    """What names the revision as a base: the same for each record of the same number and text."""
    content = f"{revision.revision}/{revision.text}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:_DIGEST_CHARS]


def model_of(revision: ModelRevision) -> Model:
    """The model that workers score with under the revision; raises ModelError where its text can't be read."""
    source = f"models revision {revision.revision}"
    return replace(
        parse_model(revision.text, source, revision=revision.revision),
        covered_since_ms=revision.kept_since,
        announce_hot_leads=revision.announce_hot_leads,
    )


def revision_after(
    before: ModelRevision | None, model: Model, text: str, now_ms: int, *, announce_hot_leads: bool = False
) -> ModelRevision:
    """The revision that puts the model, spelled by the text, in force now; before None: the application's first."""
    known = None if before is None else model_of(before)
    return ModelRevision(
        revision=1 if before is None else before.revision + 1,
        name=model.name,
        version=model.version,
        text=text,
        applied_at_ms=now_ms,
        kept_since=covered_since(model, known, now_ms + WORKERS_FOLLOW_WITHIN_MS),
        announce_hot_leads=announce_hot_leads,
    )


def with_same_scores(before: ModelRevision, text: str, now_ms: int) -> ModelRevision:
    """The same revision with other segments, or names of contacts, which the text spells beside the same scores.

    Its number stays: records are scored under it, and with a new one workers would score and write each of them anew.
    """
    return msgspec.structs.replace(before, text=text, applied_at_ms=now_ms)


def newest_of(records: Iterable[Any], known: ModelRevision | None = None) -> ModelRevision | None:
    """The revision in force after these records, of which those before made `known` the newest; None: there is none.

    Raises OperatorError where one is no revision.
    """
    newest = known
    for _, revision in _in_force_in_turn(records, known):
        newest = revision
    return newest


class NewestUsable:
    """The revision in force as newest_of has it, of those that can be read and make a model.

    newest: None until there is one.
    """

    newest: ModelRevision | None = None

    def __init__(self, on_unusable: Callable[[OperatorError], None]) -> None:
        """on_unusable: called for each record that is passed over."""
        self._on_unusable = on_unusable
        self._in_turn: ModelRevision | None = None  # of all that can be read: bases are among those, too

    def take(self, records: Iterable[Any]) -> None:
        """Know these records, which come next in the topic.

        Only what may be in force is made a model of: that takes milliseconds, and a topic holds each revision that
        ever was.
        """
        revisions = list(self._on_their_bases(records))
        while True:
            newest = self.newest
            for revision in revisions:
                if newest is None or _counts_after(newest, revision):
                    newest = revision
            if newest is None or newest is self.newest:
                return
            try:
                model_of(newest)
            except OperatorError as error:
                self._on_unusable(error)
                revisions = [revision for revision in revisions if revision != newest]
            else:
                self.newest = newest

    def _on_their_bases(self, records: Iterable[Any]) -> Iterator[ModelRevision]:
        for record in records:
            try:
                revisions = [revision for _, revision in _revisions(record)]
            except OperatorError as error:
                self._on_unusable(error)
                continue
            for revision in revisions:
                before = self._in_turn
                if before is not None and not _is_on_its_base(before, revision):
                    continue
                if before is None or _counts_after(before, revision):
                    self._in_turn = revision
                yield revision


def history_of(records: Iterable[Any]) -> list[HistoryEntry]:
    """All revisions that were ever in force, of which the last one is; raises as newest_of does."""
    entries: list[HistoryEntry] = []
    times = 0
    for key, revision in _in_force_in_turn(records, None):
        times = times + 1 if entries and entries[-1].revision.revision == revision.revision else 0
        label = f"{revision.revision}.{times}" if times else str(revision.revision)
        entries.append(HistoryEntry(label, revision, key))
    return entries


def highest_number_of(records: Iterable[Any]) -> int:
    """The highest number that a revision among the records has, be it one that never came into force; 0: there is none.

    The next revision is above it, so that readers of every release take it: those that know no bases took all.
    """
    return max((revision.revision for record in records for _, revision in _revisions(record)), default=0)


def _in_force_in_turn(
    records: Iterable[Any], newest: ModelRevision | None
) -> Iterator[tuple[bytes | None, ModelRevision]]:
    """Each record's key and revision that counts, after those of which `newest` is the last one."""
    for record in records:
        for key, revision in _revisions(record):
            if newest is None or (_is_on_its_base(newest, revision) and _counts_after(newest, revision)):
                newest = revision
                yield key, revision


def _revisions(record: Any) -> Iterator[tuple[bytes | None, ModelRevision]]:
    """The key and the revision of the record, nothing where it is none; raises OperatorError where it can't be read."""
    if record.value is not None and not (record.key or b"").startswith(RESERVED):
        yield record.key, decode_revision(record.value)


def _is_on_its_base(newest: ModelRevision, revision: ModelRevision) -> bool:
    return not revision.based_on or revision.based_on == digest_of(newest)


def _counts_after(newest: ModelRevision, revision: ModelRevision) -> bool:
    if revision.revision != newest.revision:
        return revision.revision > newest.revision
    same_scores = (revision.name, revision.version) == (newest.name, newest.version)
    return same_scores and revision.text != newest.text


def encode_revision(revision: ModelRevision) -> bytes:
    """The revision as JSON."""
    return msgspec.json.encode(revision)


def decode_revision(value: bytes) -> ModelRevision:
    """The revision that the JSON spells; raises OperatorError where it spells none."""
    try:
        return msgspec.json.decode(value, type=ModelRevision)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"models: wanted a model's revision as JSON; got an error: {error}; is the topic ours?"
        raise OperatorError(message) from error
