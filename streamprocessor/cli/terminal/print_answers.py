"""Scores and explanations printed for people, from the objects that --json prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from streamprocessor.cli.terminal.plain_text import echo
from streamprocessor.cli.terminal.printing import print_table

MAX_UNCOUNTED = 20
MOST_SCORES = 20


def print_scores(answers: Iterable[dict[str, Any]], score_part: str = "") -> None:
    """Print a row for each contact and score that has the text in its name."""
    rows = [
        (answer["contact_id"], name, score["score"], score["unrounded"], score["stage"], next_step)
        for answer in answers
        for name, score, next_step in _numbers(answer["scores"])
        if score_part in name
    ]
    print_table(("contact", "score", "is", "unrounded", "stage", "next step"), rows)


def print_explanation(answer: dict[str, Any], score_part: str = "") -> None:
    """Print each score of one contact that has the text in its name, with the parts that add up to it.

    Of more than MOST_SCORES only those in which something counts, and how many others there are.
    """
    echo(f"{answer['contact_id']} at {answer['at']}")
    if not answer["scores"]:
        into = answer.get("merged_into")
        echo(f"it was merged into {into}, which has its scores" if into else "the person objects to being scored")
    if suppression := answer.get("suppression"):
        said_by = f"{suppression['by']} {suppression['id']}"
        echo(f"suppressed since {suppression['since']} by {said_by}: no hot lead is announced")
    chosen = [each for each in _numbers(answer["scores"]) if score_part in each[0]]
    counting = [each for each in chosen if len(chosen) <= MOST_SCORES or _parts(answer["explanation"], each[0])]
    for name, score, next_step_at in counting:
        next_step = f"; next step by time at {next_step_at}" if next_step_at else ""
        number = "" if score["score"] is None else f"{score['score']} ({score['unrounded']})"
        shown = ", ".join(word for word in (number, score["stage"]) if word)
        echo(f"\n{name}: {shown or 'does not apply'}{next_step}")
        parts = _parts(answer["explanation"], name)
        if not parts:
            echo("nothing counts at this instant")
            continue
        columns = ("points", "of", "factor", "rule", "event", "occurred at", "class")
        print_table(columns, [_row(part) for part in parts])
    if len(counting) < len(chosen):
        echo(f"\nin {len(chosen) - len(counting)} more scores nothing counts at this instant")


def _numbers(scores: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """(name, number and stage, next step) of each score, and of each value of a `by` score, called "score: value"."""
    nothing = {"score": None, "unrounded": None, "stage": None}
    for name, score in scores.items():
        if score is None:
            yield name, nothing, None
        elif "values" not in score:
            yield name, score, score["next_step_at"]
        else:
            for value, number in score["values"].items():
                yield f"{name}: {value}", number, score["next_step_at"]


def _parts(explanation: dict[str, Any], name: str) -> list[dict[str, Any]]:
    score_name, _, value = name.partition(": ")
    parts: list[dict[str, Any]] = explanation[score_name][value] if value else explanation[name]
    return parts


def _row(part: dict[str, Any]) -> tuple[object, ...]:
    rule = part.get("rule") or f"group {part.get('group')}"
    if part.get("cut"):
        rule += " (cut by its limit)"
    if part.get("earlier"):
        rule += f" (earlier, {part.get('count')} events)"
    shown = ("of", "factor", "event_id", "occurred_at", "class")
    of, factor, event_id, occurred_at, actor = (part.get(word) for word in shown)
    return part["points"], of, factor, rule, event_id, occurred_at, actor


def print_uncounted(events: list[dict[str, Any]]) -> None:
    """Print the newest of the events that give nothing, and why."""
    if not events:
        return
    shown = f", the newest {MAX_UNCOUNTED}" if len(events) > MAX_UNCOUNTED else ""
    echo(f"\n{len(events)} events give nothing{shown}:")
    rows = [
        (event["type"], event["occurred_at"], event["event_id"], "; ".join(event["why"]))
        for event in events[:MAX_UNCOUNTED]
    ]
    print_table(("type", "occurred at", "event", "why"), rows)
