"""Scores without Kafka: the facts of a file replayed by the same core, contact by contact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from streamprocessor.contract.answers.contact_answer import contact_answer
from streamprocessor.contract.contact_ids import ADDRESS, ContactIds
from streamprocessor.contract.events.address_identities import identities_in
from streamprocessor.contract.events.events import decode_line
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.imports.rows import BadRow
from streamprocessor.replay.linked_replay import linked_groups, replay
from streamprocessor.scoring.evidence.union import sources_of
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import AttributesWritten, InputFact
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


def with_identities(
    model: Model, facts_by_contact: Mapping[str, Sequence[InputFact]], address_salt: str
) -> dict[str, list[InputFact]]:
    """The facts, and what address attributes among them say of who is whom.

    address_salt: that of the collectors; where it is empty any will do, as long as no contact was named by theirs.
    Raises OperatorError where one was.
    """
    contact_ids = ContactIds(address_salt or "none but this file's")
    identified: dict[str, list[InputFact]] = {}
    is_needed = False
    for contact, facts in facts_by_contact.items():
        told = identified[contact] = list(facts)
        for fact in facts:
            if isinstance(fact, AttributesWritten):
                told += identities_in(contact, fact, model.addresses, contact_ids)
        is_needed = is_needed or len(told) > len(facts)
    named = next((contact for contact in facts_by_contact if contact.startswith(ADDRESS)), None)
    if is_needed and named is not None and not address_salt:
        message = (
            f"STREAMPROCESSOR_ADDRESS_SALT: wanted the collectors' secret, as the file has both contacts known by an "
            f"address ({shown_value(named)}) and addresses as attributes, which are told to be the same by it; got none"
        )
        raise OperatorError(message)
    return identified


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
