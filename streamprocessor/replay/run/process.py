"""The process of one replay that others asked for: an order comes in, lines with how far it is go out, then the answer.

A line is {"state": "running", "records", "records_all", "remaining_seconds"}; the last one is {"state": "done",
"answer"} or {"state": "failed", "error"}.
"""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

import orjson

from streamprocessor.errors import StreamprocessorError, place_of
from streamprocessor.replay.run.answer import answer_of
from streamprocessor.replay.run.crew import ReplayProgress
from streamprocessor.replay.run.order import decode_order
from streamprocessor.replay.run.replays import replay_topics

NICENESS = 10
"""Whoever asks the API, and the workers beside it, come first."""


def main(order_line: bytes, output: BinaryIO) -> None:
    """Replay what the order says; what goes wrong is told by the last line."""

    def tell(answer: dict[str, Any]) -> None:
        output.write(orjson.dumps(answer) + b"\n")
        output.flush()

    def tell_progress(now: ReplayProgress) -> None:
        tell({"state": "running", **now._asdict()})

    try:
        order = decode_order(order_line)
        outcome = replay_topics(order, tell_progress)
        done = ReplayProgress(outcome.tally.records, outcome.tally.records, 0.0)
        tell({"state": "done", **done._asdict(), "answer": answer_of(order, outcome)})
    except StreamprocessorError as error:
        tell({"state": "failed", "error": str(error)})
    except Exception as error:  # noqa: BLE001 - its words may be of a contact; the log of who asked says where
        tell({"state": "failed", "error": "something went wrong here", "place": place_of(error)})


if __name__ == "__main__":
    os.nice(NICENESS)
    main(sys.stdin.buffer.readline(), sys.stdout.buffer)
