"""How a candidate compares, printed for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from streamprocessor.cli.terminal.printing import print_table
from streamprocessor.contract.foreign_text import printable

_MOST_NAMED = 20


def print_comparison(answer: Mapping[str, Any]) -> None:
    """Print the answer of the shadow process."""
    candidate = answer["candidate"]
    if candidate is None:
        click.echo("no candidate is scored; `streamprocessor shadow --model FILE` begins with one")
        return
    lag, hot_leads = answer["lag_seconds"], answer["hot_leads"]
    click.echo(f"{printable(candidate['name'])} {candidate['version']}: {answer['state']}, since {answer['since']}")
    if answer["reason"]:
        click.echo(printable(answer["reason"]))
    behind = f", {lag:g} s behind" if lag else ""
    click.echo(f"{answer['contacts']} contacts compared{behind}")
    if answer["agreement"]:
        columns = ("score", "same stage", "other stage", "of them most")
        print_table(columns, [_agreement(score, each) for score, each in answer["agreement"].items()])
    click.echo(f"hot leads since then: {hot_leads['live']} live, {hot_leads['shadow']} in the shadow")
    if (a_day := answer["hot_leads_a_day"]) is not None:
        click.echo(f"a day: {a_day['live']:.1f} live, {a_day['shadow']:.1f} in the shadow")
    _print_crossed("hot live alone", answer["only_live"], answer["only_live_contacts"])
    _print_crossed("hot in the shadow alone", answer["only_shadow"], answer["only_shadow_contacts"])


def _agreement(score: str, agreement: Mapping[str, Any]) -> Sequence[object]:
    others = [row for row in agreement["matrix"] if row["live"] != row["shadow"]]
    most = ", ".join(f"{row['live'] or 'none'} > {row['shadow'] or 'none'}: {row['contacts']}" for row in others[:3])
    return (score, agreement["agree"], agreement["disagree"], most)


def _print_crossed(title: str, contacts: Sequence[Mapping[str, Any]], count: int) -> None:
    if not count:
        return
    rows = [(each["contact_id"], each["display_name"], each["at"]) for each in contacts[:_MOST_NAMED]]
    print_table(("contact", "name", "since"), rows, f"{title}: {count}" + (", the newest" if count > len(rows) else ""))
