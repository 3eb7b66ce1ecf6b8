"""Whom another model silences, as commands tell it: subscriptions of the topic and of the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from streamprocessor.cli.kafka.revisions import model_history, revision_of_file
from streamprocessor.cli.kafka.topic_reader import records_of
from streamprocessor.cli.terminal.printing import print_table
from streamprocessor.contract.model_file.editing.renames import renames
from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.contract.strict_yaml.document import read_text
from streamprocessor.contract.subscriptions.silences import (
    Dependent,
    ModelReplacement,
    drops_names,
    names_of_subscription,
    silences,
)
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription, parse_subscription_file
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.contract.topic_names import SUBSCRIPTIONS
from streamprocessor.errors import OperatorError, TopicError
from streamprocessor.kafka.admin.layout import full_name_of
from streamprocessor.kafka.connection import client_settings
from streamprocessor.settings import Settings

NOT_LOOKED_AT = (
    "Saved views and segments that were put over the API are in its database: the page and /api/model/difference tell "
    "which of them ask for what is gone."
)


def silence_report(
    before: ModelRevision, after: ModelRevision, subscriptions: Sequence[Subscription]
) -> dict[str, Any]:
    """Whom the second model silences, of these subscriptions, and whether it drops what others may ask for."""
    replacement = ModelReplacement(model_of(before), model_of(after), renames(before.text, after.text))
    dependents = [Dependent("subscription", each.name, names_of_subscription(each.filter)) for each in subscriptions]
    return {
        "silenced": [each._asdict() for each in silences(dependents, replacement)],
        "drops_names": drops_names(replacement),
    }


def print_silences(report: dict[str, Any]) -> None:
    """For people, with what was not looked at; nothing where nothing is dropped."""
    if report["silenced"]:
        click.echo("\nThese ask for what is gone, and will hear no more of it:")
        rows = [(each["kind"], each["name"], each["asks_for"]) for each in report["silenced"]]
        print_table(("who", "name", "asks for"), rows)
    if report["drops_names"]:
        click.echo(f"\n{NOT_LOOKED_AT}")


async def tell_silences(settings: Settings, path: Path, *, strict: bool) -> None:
    """Tell on stderr, before the file is applied, whom that silences.

    strict: raises OperatorError where it silences somebody, or subscriptions can't be read.
    """
    history = await model_history(settings, may_be_empty=True)
    if not history:
        return
    before, after = history[-1].revision, revision_of_file(path)
    subscriptions = await (known_subscriptions(settings) if strict else reachable_subscriptions(settings, path))
    report = silence_report(before, after, subscriptions)
    for each in report["silenced"]:
        click.echo(f"{path}: {each['kind']} {each['name']} asks for {each['asks_for']}", err=True)
    if report["drops_names"]:
        click.echo(f"{path}: {NOT_LOOKED_AT}", err=True)
    if strict and report["silenced"]:
        message = f"{path}: wanted a model that silences nobody (--strict); got {len(report['silenced'])} that it does"
        raise OperatorError(message)


async def known_subscriptions(settings: Settings) -> list[Subscription]:
    """Those of the topic that can be read, and those of the settings' file; raises OperatorError where it can't be."""
    newest: dict[bytes, bytes | None] = {}
    async for record in records_of(client_settings(settings), full_name_of(settings, SUBSCRIPTIONS)):
        newest[record.key or b""] = record.value
    found = [_subscription(key, value) for key, value in sorted(newest.items()) if value is not None]
    return [*(each for each in found if each is not None), *subscriptions_of_file(settings)]


async def reachable_subscriptions(settings: Settings, path: Path) -> list[Subscription]:
    """The subscriptions of topic and file; of the file alone, said with its path, where the topic can't be read."""
    try:
        return await known_subscriptions(settings)
    except TopicError as error:
        click.echo(f"{path}: of subscriptions only those of the file are looked at: {error}", err=True)
        return subscriptions_of_file(settings)


def subscriptions_of_file(settings: Settings) -> list[Subscription]:
    """Those of the settings' file; none where they name no file."""
    if not settings.subscriptions:
        return []
    path = Path(settings.subscriptions)
    return list(parse_subscription_file(read_text(path, "subscriptions"), str(path)).subscriptions)


def _subscription(key: bytes, value: bytes) -> Subscription | None:
    """The topic's subscription; None where it can't be read: delivery says why."""
    try:
        return parse_subscription(key.decode("utf-8", "replace"), value.decode("utf-8", "replace"), "subscription")
    except OperatorError:
        return None
