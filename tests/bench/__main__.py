"""`python -m tests.bench`: all parts on one Kafka of their own, figures and ratios at the end."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from streamprocessor.cli.terminal.progress import preparation
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka, prepare
from tests.bench.at_rest import at_rest
from tests.bench.calibration import calibration_us
from tests.bench.collector import collector
from tests.bench.delivery import delivery
from tests.bench.handover import handover
from tests.bench.imports import imports
from tests.bench.latency import latency
from tests.bench.peers import confluent, stock_faust
from tests.bench.preview import preview
from tests.bench.readmodel import readmodel
from tests.bench.replay import replay
from tests.bench.report import Figure, Part, as_table, write_json
from tests.bench.rig import Rig
from tests.bench.scale import FULL_EVENTS, Scale, scale_of
from tests.bench.search import search
from tests.bench.state import state
from tests.bench.throughput import compiled, forty_rules, throughput

PARTS: dict[str, Callable[[Rig], list[Figure]]] = {
    "throughput": throughput,
    "compiled": compiled,
    "confluent": confluent,
    "faust": stock_faust,
    "forty-rules": forty_rules,
    "replay": replay,
    "state": state,
    "at-rest": at_rest,
    "latency": latency,
    "handover": handover,
    "collector": collector,
    "readmodel": readmodel,
    "search": search,
    "preview": preview,
    "delivery": delivery,
    "imports": imports,
}
NEED_THE_BACKLOG = ("throughput", "compiled", "confluent", "faust", "forty-rules", "replay")
FEWEST_EVENTS = 1_000
BROKER_HEAP_MB = 512
TERMINATED = 143


def main(arguments: Sequence[str]) -> None:
    """Run the parts asked for and report."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    scale = scale_of(options.events, options.contacts)
    with preparation(_say) as progress:
        runtime = prepare(progress=progress)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="streamprocessor-bench-")))
        kafka = ending.enter_context(EmbeddedKafka(folder / "kafka", port=0, heap_mb=BROKER_HEAP_MB, runtime=runtime))
        parts = run(Rig(kafka, folder, scale, ending), options.only)
    write_json(options.json, scale, parts)
    sys.stdout.write(f"{_headline(scale)}\n\n{as_table(parts)}\n\n{options.json}\n")


def run(rig: Rig, names: Sequence[str]) -> list[Part]:
    """Each part between two rounds of calibration."""
    began = time.perf_counter()
    if any(name in NEED_THE_BACKLOG for name in names):
        _say(f"sending {rig.scale.events} events")
        _ = rig.busy
    parts = []
    for name in names:
        _say(f"{name} (after {time.perf_counter() - began:.0f} s)")
        before_us = calibration_us()
        figures = PARTS[name](rig)
        parts.append(Part(name, figures, (before_us, calibration_us())))
    return parts


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--events", type=int, default=FULL_EVENTS, help="of the busy topics; fewer make all smaller")
    parser.add_argument("--contacts", type=int, help="of the read model, whatever the events are")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="NAME", help=", ".join(PARTS))
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the figures go")
    options = parser.parse_args(arguments)
    if options.events < FEWEST_EVENTS:
        parser.error(f"--events: wanted {FEWEST_EVENTS} or more; got {options.events}")
    return options


def _headline(scale: Scale) -> str:
    return (
        f"{scale.events} events of {scale.contacts} contacts, {scale.idle_contacts} contacts at rest. "
        "per cal: events that one unit of fixed Python work is worth, or units that a duration is long. "
        "to worker: this rate over the worker's."
    )


def _end(*_: object) -> None:
    """Once: what was started is ended on the way out, which a second signal must not cut short."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(TERMINATED)


def _say(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
