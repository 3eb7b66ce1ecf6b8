"""`simulate`: realistic, reproducible traffic, played onto Kafka or written to a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from streamprocessor.cli.terminal.instants import Instant
from streamprocessor.cli.terminal.options import connected_settings, process_options
from streamprocessor.process.clock import now_ms

if TYPE_CHECKING:
    from streamprocessor.settings import Settings
    from streamprocessor.simulation.simulation import SimulatedRecord

FILE_BEGINS_MS = 1_767_225_600_000  # 2026-01-01: a fixed instant, so that equal options give equal bytes
FILE_EVENTS = 10_000
DEFAULT_RATE = 50.0
ABOVE_0 = click.FloatRange(min=0, min_open=True)


@dataclass(frozen=True)
class Traffic:
    """What is asked for. rate: events a second, speed: so many times faster than life; at most one of them is given."""

    rate: float | None
    speed: float | None
    seed: int
    contacts: int
    events: int | None
    bad_records: bool
    start_ms: int | None
    output: BinaryIO | None


@click.command()
@process_options
@click.option("--rate", type=ABOVE_0, help=f"Events a second; {DEFAULT_RATE:g} where neither is given.")
@click.option("--speed", type=ABOVE_0, help="So many times faster than life, in place of --rate.")
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds, equal traffic.")
@click.option("--contacts", type=click.IntRange(1), default=3000, show_default=True, help="How many.")
@click.option("--events", type=click.IntRange(1), help=f"End after so many; without it never, a file at {FILE_EVENTS}.")
@click.option("--bad-records", is_flag=True, help="Some records that can't be used as well; not in a file.")
@click.option("--start", "start_ms", type=Instant(), help="Where time begins; without it now, in a file 2026-01-01.")
@click.option("--output", type=click.File("wb"), help="Write JSON Lines, - is stdout, and send nothing to Kafka.")
@click.pass_context
def simulate(ctx: click.Context, /, **options: Any) -> None:
    """Play traffic of contacts of different habits: bursts, campaigns, late events, repeats."""
    from streamprocessor.cli.terminal.running import run

    traffic = Traffic(**options)
    if traffic.rate is not None and traffic.speed is not None:
        message = "--rate and --speed: wanted one of them; got both"
        raise click.UsageError(message)
    if traffic.output is None:
        sent = run(_play(connected_settings(ctx), traffic))
        click.echo(f"{sent} records sent", err=True)
        return
    if traffic.bad_records:
        message = "--bad-records: wanted without --output, because a file of JSON Lines can't hold them; got both"
        raise click.UsageError(message)
    _write(traffic, traffic.output)


def _records(traffic: Traffic, start_ms: int, default_rate: float | None) -> Iterator[SimulatedRecord]:
    from streamprocessor.simulation.pace import at_rate, at_speed
    from streamprocessor.simulation.simulation import simulate as simulated_records

    records = simulated_records(traffic.seed, traffic.contacts, start_ms, bad_records=traffic.bad_records)
    rate = traffic.rate if traffic.speed is not None or traffic.rate is not None else default_rate
    if rate is not None:
        records = at_rate(records, start_ms, rate)
    elif traffic.speed is not None:
        records = at_speed(records, start_ms, traffic.speed)
    return records if traffic.events is None else islice(records, traffic.events)


async def _play(settings: Settings, traffic: Traffic) -> int:
    from streamprocessor.cli.terminal.progress import counting_bar
    from streamprocessor.contract.topics.input_topics import InputTopics
    from streamprocessor.imports.kafka_sender import checked_sender
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.simulation.player import play, until_wall_clock

    layout = layout_of(settings)
    start_ms = now_ms() if traffic.start_ms is None else traffic.start_ms
    with counting_bar("events", traffic.events) as count:
        async with checked_sender(settings, layout) as sender:
            records = _records(traffic, start_ms, DEFAULT_RATE)
            return await play(records, sender, InputTopics(layout.topics), until_wall_clock, lambda _: count())


def _write(traffic: Traffic, output: BinaryIO) -> None:
    import orjson

    start_ms = FILE_BEGINS_MS if traffic.start_ms is None else traffic.start_ms
    for record in islice(_records(traffic, start_ms, None), traffic.events or FILE_EVENTS):
        assert isinstance(record.value, dict)
        line = {"contact_id": record.contact_id, **record.value, "arrival": record.at_ms}
        output.write(orjson.dumps(line) + b"\n")
