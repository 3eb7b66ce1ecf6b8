"""What `model diff` tells: a model beside the one in force or beside another file, and what it does to contacts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from streamprocessor.cli.kafka.broker_source import BrokerSource
from streamprocessor.cli.kafka.revision_report import print_differences
from streamprocessor.cli.kafka.revisions import active_model, revision_of_file
from streamprocessor.cli.kafka.stored_partition import StoredPartition
from streamprocessor.cli.model.retained.forecast import print_forecast, rebuild_forecast
from streamprocessor.cli.model.silences import (
    print_silences,
    reachable_subscriptions,
    silence_report,
    subscriptions_of_file,
)
from streamprocessor.cli.terminal.printing import print_table
from streamprocessor.cli.terminal.progress import counting_bar
from streamprocessor.contract.display import Display, display_name
from streamprocessor.contract.model_file.difference import differences
from streamprocessor.contract.model_file.late_rules import late_rules
from streamprocessor.contract.model_file.revisions import ModelRevision, model_of, revision_after
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.kafka.admin.layout import full_name_of
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import client_settings
from streamprocessor.process.clock import now_ms
from streamprocessor.replay.model_change import ModelChange
from streamprocessor.scoring.evidence.union import attributes_of
from streamprocessor.scoring.record.attribute_writes import present_values
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.settings import Settings

_OF_SCORES = ("differences", "from_now_on", "silenced")
MOST_NAMED = 10
"""At most so many of the contacts that become hot are named."""


async def diff_with_applied(
    settings: Settings, file: Path, *, with_contacts: bool, with_rebuild: bool = False
) -> dict[str, Any]:
    """The file beside the model in force, and what a rebuild would read again for rules that count from now on.

    with_contacts: and what applying it now would do to each of them. with_rebuild: that is counted, not estimated.
    """
    before = await active_model(settings)
    after = _as_applied_after(before, file)
    answer = _as_json(before, after, (file, f"revision {before.revision}"))
    if answer["from_now_on"] or with_rebuild:
        answer["rebuild"] = await rebuild_forecast(settings, model_of(after), is_counted=with_rebuild)
    answer |= silence_report(before, after, await reachable_subscriptions(settings, file))
    if with_contacts:
        change = ModelChange(Scorer(model_of(before)), Scorer(model_of(after)))
        display = model_of(after).display
        changelog = full_name_of(settings, CONTACTS_CHANGELOG)
        newly_hot = await _count_contacts(client_settings(settings), changelog, change, display)
        by_score = {name: asdict(moved) for name, moved in change.by_score.items()}
        answer["contacts"] = {
            "all": change.contacts,
            "moved": change.moved,
            "scores": by_score,
            "become_hot": newly_hot,
        }
    return answer


def diff_with_file(settings: Settings, file: Path, against: Path) -> dict[str, Any]:
    """The file beside another, as if that were in force and had always been; of subscriptions those of the file."""
    before = revision_of_file(against)
    after = _as_applied_after(before, file)
    answer = _as_json(before, after, (file, str(against)))
    return answer | silence_report(before, after, subscriptions_of_file(settings))


def print_diff(answer: dict[str, Any], score_part: str = "") -> None:
    """Print it for people; of scores those that have the text in their names."""
    answer = answer | {word: [each for each in answer[word] if _is_of(each, score_part)] for word in _OF_SCORES}
    if not answer["differences"] and not score_part:
        click.echo(f"{answer['file']}: says the same as {answer['against']}, version {answer['version']}")
    else:
        print_differences(answer["differences"], f"{answer['file']} beside {answer['against']}")
    if answer["from_now_on"]:
        click.echo("\nRules that count only what arrives from now on, for evidence has not kept what they need:")
        late = [(r["score"], r["rule"], r["type"], ", ".join(r["missing"]) or "all") for r in answer["from_now_on"]]
        print_table(("score", "rule", "event type", "missing"), late)
    if "rebuild" in answer:
        print_forecast(answer["rebuild"])
    print_silences(answer)
    if "contacts" in answer:
        _print_contacts(answer["contacts"], score_part)


def _is_of(row: dict[str, Any], score_part: str) -> bool:
    return not score_part or score_part in (row["score"] or "")


def _print_contacts(contacts: dict[str, Any], score_part: str) -> None:
    click.echo(f"\n{contacts['moved']} of {contacts['all']} contacts would be announced with another score or stage:")
    columns = ("score", "another score", "higher", "lower", "another stage", "become hot", "cool")
    print_table(columns, [(name, *moved.values()) for name, moved in contacts["scores"].items() if score_part in name])
    if contacts["become_hot"]:
        print_table(
            ("become hot, the first", "contact"),
            [(each["display_name"], each["contact_id"]) for each in contacts["become_hot"]],
        )


def _as_applied_after(before: ModelRevision, file: Path) -> ModelRevision:
    wanted = revision_of_file(file)
    return revision_after(before, model_of(wanted), wanted.text, now_ms())


def _as_json(before: ModelRevision, after: ModelRevision, names: tuple[Path, str]) -> dict[str, Any]:
    file, against = names
    return {
        "file": str(file),
        "against": against,
        "version": after.version,
        "differences": [each._asdict() for each in differences(before.text, after.text)],
        "from_now_on": late_rules(after),
    }


async def _count_contacts(
    clients: ClientSettings, changelog: str, change: ModelChange, display: Display
) -> list[dict[str, str | None]]:
    """The first contacts that become hot, by id and name.

    Every contact's last record is read, partition by partition, so that one partition's are in memory at a time.
    """
    newly_hot = list[dict[str, str | None]]()
    source = BrokerSource(clients)
    places = sorted(await source.ends([changelog]))
    with counting_bar("partitions of contacts", len(places)) as one_more:
        for topic, number in places:
            partition = await StoredPartition.read(source, topic, number)
            at_ms = now_ms()
            for contact in partition.contacts():
                if change.count(contact.record, at_ms).becomes_hot and len(newly_hot) < MOST_NAMED:
                    name = display_name(display, present_values(attributes_of(contact.record)))
                    newly_hot.append({"contact_id": contact.key.decode(), "display_name": name})
            one_more()
    return newly_hot
