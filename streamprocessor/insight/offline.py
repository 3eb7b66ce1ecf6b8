"""Scores without Kafka: the facts of a file replayed by the same core, contact by contact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from streamprocessor.contract.events import decode_line
from streamprocessor.errors import RecordError
from streamprocessor.insight.answers import answer
from streamprocessor.insight.imports.rows import BadRow
from streamprocessor.scoring.facts import Event, Fact
from streamprocessor.scoring.model import Model
from streamprocessor.scoring.scorer import Scorer

_WHOLE_HISTORY_MS = 1_000_000_000_000_000  # the file is all there, so no evidence is folded because of its age
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_facts(lines: Iterable[bytes], on_bad: Callable[[BadRow], None]) -> dict[str, list[Fact]]:
    """The facts of each contact in JSON Lines of events and contact updates; blank lines are passed over.

    on_bad is called for each line that can't be used, and reading goes on.
    """
    facts_by_contact: dict[str, list[Fact]] = {}
    for number, line in enumerate(lines, 1):
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if not content.strip():
            continue
        try:
            contact_id, fact = decode_line(content)
        except RecordError as error:
            on_bad(BadRow(number, error.reason, error.detail))
            continue
        facts_by_contact.setdefault(contact_id, []).append(fact)
    return facts_by_contact


def score_offline(model: Model, facts_by_contact: Mapping[str, Sequence[Fact]], at_ms: int) -> Iterator[dict[str, Any]]:
    """The answer for each contact at at_ms, in order of contact: what `score --json` prints, one object a line."""
    scorer = Scorer(replace(model, correction_window_ms=_WHOLE_HISTORY_MS))
    for contact_id in sorted(facts_by_contact):
        yield _score_contact(scorer, contact_id, facts_by_contact[contact_id], at_ms)


def _score_contact(scorer: Scorer, contact_id: str, facts: Sequence[Fact], at_ms: int) -> dict[str, Any]:
    """The contact's answer: its facts replayed in order of (occurred_at, id), each as if it had come at once.

    So stages are entered and left as in life, by facts and by time in between. Events after at_ms don't exist at it;
    attributes and verdicts hold for any instant, so later ones are known at at_ms already.
    """
    in_order = sorted(facts, key=lambda fact: (fact.occurred_at_ms, fact.id))
    record = scorer.blank()
    for fact in in_order:
        if fact.occurred_at_ms <= at_ms:
            scorer.apply(record, [fact._replace(arrival_ms=fact.occurred_at_ms)])
    scorer.advance(record, at_ms)
    later = [fact for fact in in_order if fact.occurred_at_ms > at_ms and not isinstance(fact, Event)]
    if later:
        scorer.apply(record, [fact._replace(arrival_ms=at_ms) for fact in later])
    return answer(scorer, record, contact_id, at_ms)
