"""Scores without Kafka: the facts of a file replayed by the same core, contact by contact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from streamprocessor.contract.answers.contact_answer import contact_answer
from streamprocessor.contract.events.events import decode_line
from streamprocessor.errors import RecordError
from streamprocessor.imports.rows import BadRow
from streamprocessor.offline.linked_replay import linked_groups, replay
from streamprocessor.scoring.evidence.union import sources_of
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import InputFact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

_WHOLE_HISTORY_MS = 1_000_000_000_000_000  # the file is all there, so no evidence is compacted because of its age


def read_facts(lines: Iterable[bytes], on_bad: Callable[[BadRow], None]) -> dict[str, list[InputFact]]:
    """The facts of each contact in JSON Lines of events and contact updates; blank lines are passed over.

    on_bad is called for each line that can't be used, and reading goes on.
    """
    facts_by_contact: dict[str, list[InputFact]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            contact_id, fact = decode_line(line)
        except RecordError as error:
            on_bad(BadRow(number, error.reason, error.detail))
            continue
        facts_by_contact.setdefault(contact_id, []).append(fact)
    return facts_by_contact


def score_offline(
    model: Model, facts_by_contact: Mapping[str, Sequence[InputFact]], at_ms: int
) -> Iterator[dict[str, Any]]:
    """The answer for each contact at at_ms, in order of contact: what `score --json` prints, one object a line.

    Contacts that were merged into another one, erased, or that object have none.
    """
    scorer = Scorer(replace(model, correction_window_ms=_WHOLE_HISTORY_MS))
    group_of = {contact: group for group in linked_groups(facts_by_contact) for contact in group}
    linked: dict[str, Record] = {}
    for contact in sorted(group_of):
        if contact not in linked:
            facts = {member: facts_by_contact.get(member, ()) for member in group_of[contact]}
            linked |= replay(scorer, facts, at_ms).records
        record = linked.pop(contact)
        is_known = contact in facts_by_contact or bool(sources_of(record))
        if is_known and not is_hidden(record) and not nothing_left(record):
            yield contact_answer(scorer, record, contact, at_ms)
