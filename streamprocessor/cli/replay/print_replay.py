"""A replay's answer for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from streamprocessor.cli.terminal.printing import print_table

MOST_PRINTED = 20
"""So many contacts of each list are printed; JSON has more, and a CSV file all."""
MOST_RULES = 60


def print_replay(answer: dict[str, Any], file: str, against: str) -> None:
    """Print the answer. file: the candidate's; against: what it was compared with."""
    came = answer["input"]
    if not came["records"]:
        click.echo("nothing is retained that could be replayed")
    else:
        click.echo(
            f"{file} beside {against}: {came['records']} records that arrived from {came['first_at']} to "
            f"{came['last_at']}, of {answer['contacts_all']} contacts, as of {answer['at']}"
        )
    for head in came["missing_heads"]:
        since = "nothing is left" if head["holds_since"] is None else f"it is whole since {head['holds_since']} only"
        click.echo(f"{head['topic']}: {head['records']} older records are gone by retention; {since}")
    for letter in came["dead_letters"]:
        click.echo(f"{letter['topic']}: {letter['records']} records are dead letters: {letter['reason']}")
    click.echo(f"\n{answer['changed']} of {answer['contacts_all']} contacts would be shown another score or stage:")
    columns = ("score", "another score", "higher", "lower", "another stage", "become hot", "cool")
    words = ("changed", "higher", "lower", "stages", "become_hot", "cool")
    print_table(columns, [(name, *(moved[word] for word in words)) for name, moved in answer["scores"].items()])
    moves = [
        (name, move["before"] or "none", move["after"] or "none", move["contacts"])
        for name, moved in answer["scores"].items()
        for move in moved["moves"]
    ]
    if moves:
        print_table(
            ("score", "stage before", "stage after", "contacts"), moves[:MOST_RULES], title="\nFrom stage to stage"
        )
    _print_hot_leads(answer)
    _print_rules(answer)
    _print_deciding(answer["sensitivity"])
    _print_named("become hot", answer["becomes_hot"])
    _print_named("cool", answer["cools"])
    _print_contacts(answer["contacts"])


def _print_hot_leads(answer: dict[str, Any]) -> None:
    leads, a_week = answer["hot_leads"], answer["hot_leads_a_week"]
    pace = "" if a_week["before"] is None else f"; a week {a_week['before']} before, {a_week['after']} after"
    click.echo(f"\nHot leads over all of it: {leads['before']} before, {leads['after']} after{pace}")
    if len(answer["weeks"]) > 1:
        print_table(
            ("week from", "before", "after"),
            [(week["from"][:10], week["before"], week["after"]) for week in answer["weeks"]],
        )


def _print_rules(answer: dict[str, Any]) -> None:
    def cells(effect: dict[str, Any] | None) -> tuple[Any, Any]:
        return (None, None) if effect is None else (effect["contacts"], round(effect["points"], 1))

    rules = [(each["score"], each["rule"], *cells(each["before"]), *cells(each["after"])) for each in answer["rules"]]
    columns = ("score", "rule", "contacts before", "points before", "contacts after", "points after")
    print_table(columns, rules[:MOST_RULES], title="\nWhat each rule gives")
    if len(rules) > MOST_RULES:
        click.echo(f"and {len(rules) - MOST_RULES} more: --json has them all")
    if answer["unmet_rules"]:
        unmet = [f"{each['score']}/{each['rule']}" for each in answer["unmet_rules"]]
        click.echo("\nRules that nothing met:")
        print_table(("rule",), [(name,) for name in unmet[:MOST_RULES]])


def _print_deciding(told: dict[str, Any]) -> None:
    rows = [(each["score"], each["rule"], each["contacts"], each["falls"], each["enters"]) for each in told["deciding"]]
    if rows:
        drawn = f"{told['contacts']} contacts, drawn" if told["is_sample"] else f"all {told['contacts']} contacts"
        columns = ("score", "rule", "contacts", "hot only by it", "hot without it")
        print_table(columns, rows[:MOST_PRINTED], title=f"\nRules that decide who is hot, by {drawn}")


def _print_named(what: str, contacts: Sequence[dict[str, Any]]) -> None:
    if contacts:
        rows = [(each["display_name"], each["contact_id"]) for each in contacts[:MOST_PRINTED]]
        print_table((f"{what}, the first", "contact"), rows, title="\n")


def _print_contacts(contacts: Sequence[dict[str, Any]]) -> None:
    rows = [
        (each["contact_id"], each["display_name"], name, *_shown(shown["before"]), *_shown(shown["after"]))
        for each in contacts
        for name, shown in each["scores"].items()
    ]
    if rows:
        columns = ("contact", "name", "score", "before", "stage", "after", "stage")
        print_table(columns, rows, title="\nThe contacts asked for")


def _shown(shown: dict[str, Any] | None) -> tuple[Any, Any]:
    if shown is None:
        return None, None
    if "values" in shown:
        return ", ".join(f"{each['value']} {each['score']}" for each in shown["values"]), None
    return shown["score"], shown["stage"]
