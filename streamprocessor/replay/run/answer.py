"""What a replay found out, as one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.model_file.revisions import ModelRevision
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.replay.contact_rows import as_json
from streamprocessor.replay.run.order import ReplayOrder
from streamprocessor.replay.run.replays import ReplayOutcome
from streamprocessor.replay.sensitivity import sensitivity_of
from streamprocessor.replay.tally import MOST_NAMED, WEEK_MS, NamedContact, ReplayTally
from streamprocessor.replay.unmet_rules import UnmetRules
from streamprocessor.scoring.scorer import Scorer

NANO_E15 = 1_000_000


def answer_of(order: ReplayOrder, outcome: ReplayOutcome) -> dict[str, Any]:
    """The answer; instants are RFC 3339, points numbers."""
    tally = outcome.tally
    return {
        "models": {"before": _model(order.before), "after": _model(order.after)},
        "at": format_rfc3339(order.at_ms),
        "input": {
            "records": tally.records,
            "first_at": _instant(tally.first_ms),
            "last_at": _instant(tally.last_ms),
            "duplicates": tally.duplicates,
            "dead_letters": [
                {"topic": topic, "reason": reason, "records": count}
                for (topic, reason), count in sorted(tally.dead_letters.items())
            ],
            "missing_heads": [
                {"topic": head.topic, "records": head.records, "holds_since": _instant(head.holds_since_ms)}
                for head in outcome.missing_heads
            ],
            "bad_lines": [each._asdict() for each in outcome.bad_lines],
            "largest_part_bytes": tally.largest_bytes,
        },
        "contacts_all": tally.contacts,
        "changed": tally.changed,
        "scores": {name: _score(name, tally) for name in tally.scores},
        "hot_leads": {
            "before": sum(n for (*_, is_candidate), n in tally.hot_leads.items() if not is_candidate),
            "after": sum(n for (*_, is_candidate), n in tally.hot_leads.items() if is_candidate),
        },
        "hot_leads_a_week": _a_week(tally, order.at_ms),
        "weeks": _weeks(tally),
        "rules": _rules(order, tally),
        "unmet_rules": _unmet(order, tally),
        "becomes_hot": _named(tally.becomes_hot),
        "cools": _named(tally.cools),
        "sensitivity": _sensitivity(order, tally),
        "contacts": [as_json(row) for row in outcome.rows],
    }


def _model(revision: ModelRevision) -> dict[str, Any]:
    return {"name": revision.name, "version": revision.version}


def _instant(instant_ms: int | None) -> str | None:
    return None if instant_ms is None else format_rfc3339(instant_ms)


def _score(name: str, tally: ReplayTally) -> dict[str, Any]:
    moved = asdict(tally.scores[name])
    stages_before: dict[str, int] = {}
    stages_after: dict[str, int] = {}
    moves = []
    for (of_score, before, after), contacts in sorted(tally.moves.items(), key=lambda each: -each[1]):
        if of_score != name:
            continue
        if before is not None:
            stages_before[before] = stages_before.get(before, 0) + contacts
        if after is not None:
            stages_after[after] = stages_after.get(after, 0) + contacts
        if before != after:
            moves.append({"before": before, "after": after, "contacts": contacts})
    changed = moved.pop("scores")
    return {
        "changed": changed,
        **moved,
        "stages_before": stages_before,
        "stages_after": stages_after,
        "moves": moves,
    }


def _a_week(tally: ReplayTally, at_ms: int) -> dict[str, float | None]:
    """Hot leads a week over all that is retained; None: it is less than a day, of which nothing can be said."""
    span_ms = 0 if tally.first_ms is None else max(at_ms, tally.last_ms or 0) - tally.first_ms
    if span_ms < WEEK_MS // 7:
        return {"before": None, "after": None}
    counts = {False: 0, True: 0}
    for (*_, is_candidate), count in tally.hot_leads.items():
        counts[is_candidate] += count
    return {
        word: round(counts[is_candidate] * WEEK_MS / span_ms, 2)
        for word, is_candidate in (("before", False), ("after", True))
    }


def _weeks(tally: ReplayTally) -> list[dict[str, Any]]:
    """The weeks in which either model makes hot leads, by their first instants."""
    weeks: dict[int, dict[bool, int]] = {}
    for (week_ms, _, is_candidate), count in tally.hot_leads.items():
        of_week = weeks.setdefault(week_ms, {False: 0, True: 0})
        of_week[is_candidate] += count
    return [
        {"from": format_rfc3339(week_ms), "before": counts[False], "after": counts[True]}
        for week_ms, counts in sorted(weeks.items())
    ]


def _rules(order: ReplayOrder, tally: ReplayTally) -> list[dict[str, Any]]:
    """What each rule of either model gives at the instant of the replay."""
    before, after = (
        [f"{score.name}/{rule.id}" for score in model.scores for rule in score.rules] for model in order.models()
    )
    return [
        dict(zip(("score", "rule"), key.split("/", 1), strict=True))
        | {
            "before": _effect(tally, key, False) if key in before else None,
            "after": _effect(tally, key, True) if key in after else None,
        }
        for key in dict.fromkeys([*after, *before])
    ]


def _effect(tally: ReplayTally, key: str, is_candidate: bool) -> dict[str, Any]:
    effect = tally.rules.get((key, is_candidate))
    if effect is None:
        return {"contacts": 0, "points": 0}
    return {"contacts": effect.contacts, "points": number((effect.points_e15 + NANO_E15 // 2) // NANO_E15)}


def _unmet(order: ReplayOrder, tally: ReplayTally) -> list[dict[str, str]]:
    """The candidate's rules on events that no event met."""
    left = sorted(UnmetRules(order.models()[1]).left - {name for name, is_candidate in tally.met if is_candidate})
    return [dict(zip(("score", "rule"), name.split("/", 1), strict=True)) for name in left]


def _sensitivity(order: ReplayOrder, tally: ReplayTally) -> dict[str, Any]:
    """What the candidate hangs on, by the contacts that were drawn."""
    records = [decode_record(record) for _, record in tally.drawn]
    told = sensitivity_of(Scorer(order.models()[1]), records, order.at_ms).as_json()
    return told | {"is_sample": len(records) < tally.contacts}


def _named(contacts: list[NamedContact]) -> list[dict[str, Any]]:
    return [each._asdict() for each in sorted(contacts)[:MOST_NAMED]]
