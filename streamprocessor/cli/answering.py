"""Scores and explanations printed for people, from the objects that --json prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from streamprocessor.cli.printing import print_table


def print_scores(answers: Iterable[dict[str, Any]]) -> None:
    """Print a row for each contact and score."""
    rows = [
        (answer["contact_id"], name, score["score"], score["unrounded"], score["stage"], score["next_step_at"])
        for answer in answers
        for name, score in answer["scores"].items()
    ]
    print_table(("contact", "score", "is", "unrounded", "stage", "next step"), rows)


def print_explanation(answer: dict[str, Any]) -> None:
    """Print each score of one contact with the parts that add up to it."""
    click.echo(f"{answer['contact_id']} at {answer['at']}")
    for name, score in answer["scores"].items():
        stage = f", {score['stage']}" if score["stage"] is not None else ""
        next_step = f"; next step by time at {score['next_step_at']}" if score["next_step_at"] else ""
        click.echo(f"\n{name}: {score['score']} ({score['unrounded']}){stage}{next_step}")
        parts = answer["explanation"][name]
        if not parts:
            click.echo("nothing counts at this instant")
            continue
        columns = ("points", "of", "factor", "rule", "event", "occurred at", "class")
        print_table(columns, [_row(part) for part in parts])


def _row(part: dict[str, Any]) -> tuple[object, ...]:
    rule = part.get("rule") or f"group {part.get('group')}"
    if part.get("cut"):
        rule += " (cut by its limit)"
    if part.get("earlier"):
        rule += f" (earlier, {part.get('count')} events)"
    shown = ("of", "factor", "event_id", "occurred_at", "class")
    of, factor, event_id, occurred_at, actor = (part.get(word) for word in shown)
    return part["points"], of, factor, rule, event_id, occurred_at, actor
