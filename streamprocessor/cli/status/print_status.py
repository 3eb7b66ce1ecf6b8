"""The status of a group on one screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from streamprocessor.cli.status.group_status import GroupStatus
from streamprocessor.cli.terminal.plain_text import echo
from streamprocessor.cli.terminal.printing import print_table
from streamprocessor.contract.rfc3339 import format_rfc3339


def print_status(status: GroupStatus) -> None:
    """Print whether all is well and what is not, then Kafka's view, each process, and each partition."""
    reasons = status.reasons()
    echo(f"not well: {reasons[0]}" if reasons else "well")
    for reason in reasons[1:]:
        echo(f"          {reason}")
    if status.group is not None:
        topics = ", ".join(f"{topic} {records}" for topic, records in status.topics().items() if records)
        behind = f"{sum(status.lag.values())} records behind{f' ({topics})' if topics else ''}"
        echo(f"group {status.name}: {status.group.state}, {len(status.group.members)} members, {behind}")
    if status.processes:
        click.echo()
        rows = [_process_row(each) for each in status.processes]
        print_table(("process", "address", "version", "ready", "at work"), rows)
    _print_types_without_rule(status)
    partitions = status.partitions()
    if partitions:
        click.echo()
        heads = ("partition", "worker", "host", "lag records", "lag s", "recovered", "contacts", "timers", "next timer")
        print_table(heads, map(_partition_row, partitions))


def _process_row(process: Mapping[str, Any]) -> tuple[object, ...]:
    ready = "yes" if process["ready"] else f"no: {', '.join(process['not_ready'])}"
    say = {
        "worker": _of_worker,
        "collector": _of_collector,
        "delivery": _of_delivery,
        "api": _of_api,
        "shadow": _of_shadow,
    }
    words = say[process["process"]](process) if "version" in process else ""
    return (process["process"], process["address"], process.get("version"), ready, words)


def _of_worker(worker: Mapping[str, Any]) -> str:
    partitions, model = worker.get("partitions", ()), worker.get("model")
    words = [f"{worker['name']}"] if worker.get("name") else []
    words.append(f"{len(partitions)} partitions")
    words += [f"{sum(each.get(word) or 0 for each in partitions)} {word}" for word in ("contacts", "timers")]
    if worker.get("lag_seconds"):
        words.append(f"{worker['lag_seconds']:.1f} s behind")
    if worker.get("recovery_remaining_records"):
        words.append(f"{worker['recovery_remaining_records']} records to recover")
    if model:
        words.append(f"model {model['name']} revision {model['revision']}")
    if worker.get("clock_skew_seconds") is not None:
        words.append(f"clock {worker['clock_skew_seconds']:+.3f} s")
    return ", ".join(words)


def _of_collector(collector: Mapping[str, Any]) -> str:
    if not collector["spool_bytes"]:
        return "nothing waits on disk"
    age_seconds = collector["spool_age_seconds"] or 0
    return f"{collector['spool_bytes']} bytes wait on disk, the oldest for {age_seconds:.0f} s"


def _of_delivery(delivery: Mapping[str, Any]) -> str:
    oldest = delivery["oldest_waiting_seconds"]
    waiting = f"{delivery['waiting']} wait{f', the oldest for {oldest:.0f} s' if oldest else ''}"
    return f"{waiting}; {delivery['disabled_subscriptions']} endpoints gone"


def _of_api(api: Mapping[str, Any]) -> str:
    return f"{api['behind_records']} records behind, {api['streams']} streams"


def _of_shadow(shadow: Mapping[str, Any]) -> str:
    return f"the candidate is {shadow['lag_seconds'] or 0:.0f} s and {shadow['lag_records'] or 0} records behind"


def _print_types_without_rule(status: GroupStatus) -> None:
    for worker in status.of("worker"):
        for type_, events in worker.get("types_without_rule", {}).items():
            echo(f"no rule asks for {type_}: {events} came to {worker['address']}; `catalogue` tells more")


def _partition_row(partition: Mapping[str, Any]) -> tuple[object, ...]:
    next_ms, lag_seconds = partition["next_timer_at_ms"], partition["lag_seconds"]
    return (
        partition["partition"],
        partition["owner"] or "nobody",
        partition["host"],
        partition["lag_records"],
        None if lag_seconds is None else f"{lag_seconds:.1f}",
        {True: "yes", False: "no", None: None}[partition["recovered"]],
        partition["contacts"],
        partition["timers"],
        None if next_ms is None else format_rfc3339(next_ms),
    )
