"""Faust as its documentation shows it: an agent, a table, an output topic."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, TextIO

import faust

from tests.bench.scale import PARTITIONS

SAY_EVERY = 100


def application(progress: TextIO, bootstrap: str, inputs: str, data_folder: str, output: str) -> faust.App:
    """An app that sums a number by key and sends one message an event."""
    app = faust.App(
        "faust-peer",
        broker=f"kafka://{bootstrap}",
        store="memory://",
        datadir=data_folder,
        topic_partitions=PARTITIONS,
        web_enabled=False,
    )
    events = app.topic(*inputs.split(","), key_type=bytes)
    scores = app.topic(output, key_type=bytes)
    sums = app.Table("sums", default=int, key_type=bytes, partitions=PARTITIONS)
    done = 0

    @app.agent(events)  # type: ignore[untyped-decorator]
    async def score(stream: Any) -> None:
        nonlocal done
        async for key, event in stream.items():
            before = sums[key]
            sums[key] = before + len(event["properties"])
            await scores.send(
                key=key,
                value={
                    "contact_id": event["contact_id"],
                    "score": sums[key],
                    "previous": before,
                    "because": [{"event_id": event["id"], "occurred_at": event["occurred_at"]}],
                },
            )
            done += 1
            if done % SAY_EVERY == 0:
                progress.write(f"{done}\n")
                progress.flush()

    return app


if __name__ == "__main__":
    progress = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # Faust shows a spinner
        app = application(progress, *sys.argv[1:])
        faust.Worker(app, quiet=True, loglevel="CRITICAL", redirect_stdouts=False).execute_from_commandline()
