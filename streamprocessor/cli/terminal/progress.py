"""Progress on stderr: bars on a terminal; elsewhere nothing is drawn, and long stages are named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from streamprocessor.contract.foreign_text import printable
from streamprocessor.imports.progress.pace import ImportPace
from streamprocessor.kafka.embedded import progress

if TYPE_CHECKING:
    from streamprocessor.replay.run.crew import ReplayProgress

Note = Callable[[str], None]


class ImportBar:
    """A bar over a file's bytes that says how many of its rows are read each second. Made by `import_bar`."""

    def __init__(self, bar: Progress, file: Path) -> None:
        self._bar = bar
        self._pace = ImportPace(time.monotonic(), file.stat().st_size)
        self._bytes_read = 0
        self._task = bar.add_task(file.name, total=file.stat().st_size, rate="", left="")

    def read(self, more_bytes: int) -> None:
        """So many more bytes are read."""
        self._bytes_read += more_bytes
        self._bar.advance(self._task, more_bytes)

    def note_rows(self, rows: int) -> None:
        """So many rows are dealt with."""
        self._pace.note(time.monotonic(), rows, self._bytes_read)
        rate, left_seconds = self._pace.rows_per_second, self._pace.remaining_seconds
        if rate is not None and left_seconds is not None:
            left = f"{timedelta(seconds=round(left_seconds))} left"
            self._bar.update(self._task, rate=f"{rate:,.0f} rows/s", left=left)

    def note(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def import_bar(file: Path) -> Iterator[ImportBar]:
    """A bar for the import of the file."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with _bar(*columns, TextColumn("{task.fields[rate]}"), TextColumn("{task.fields[left]}")) as bar:
        yield ImportBar(bar, file)


@contextmanager
def replay_bar() -> Iterator[Callable[[ReplayProgress], None]]:
    """A bar for a replay: what to call with how far it is."""
    with _bar(TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}")) as bar:
        task = bar.add_task("", total=None, left="")

        def move(now: ReplayProgress) -> None:
            seconds = now.remaining_seconds
            left = "" if seconds is None else f"{timedelta(seconds=round(seconds))} left"
            bar.update(task, completed=now.records, total=now.records_all or None, left=left)

        yield move


@contextmanager
def counting_bar(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar that counts to total (None: without end): what to call for one more."""
    with _bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def preparation(say: Note) -> Iterator[progress.Progress]:
    """Who is told how far Kafka's preparation is: one line that moves, and goes at the end.

    Where stderr is no terminal, `say` is called with a sentence for each stage.
    """
    stage, amount = TextColumn("{task.description}"), TextColumn("{task.fields[amount]}")
    with _bar(stage, BarColumn(20), amount, TimeElapsedColumn(), transient=True) as bar:
        yield _Sentences(say) if bar.disable else _Line(bar)


class _Line:
    """The stage that goes on, as the one line of a bar that is redrawn in place."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        bar.add_task("", visible=False, amount="")
        (self._task,) = bar.tasks

    def begin(self, stage: str, size_bytes: int | None = None) -> None:
        """The line is this stage's now."""
        self._task.total = size_bytes
        self._bar.reset(self._task.id, description=stage, visible=True, amount="")

    def fetched(self, more_bytes: int) -> None:
        """Move the bar."""
        done_bytes, total_bytes = self._task.completed + more_bytes, self._task.total or 0
        amount = f"{done_bytes / 1e6:.1f} of {total_bytes / 1e6:.0f} MB"
        self._bar.update(self._task.id, completed=done_bytes, amount=amount)


class _Sentences:
    """A sentence for each stage, for logs and pipes."""

    def __init__(self, say: Note) -> None:
        self._say = say

    def begin(self, stage: str, size_bytes: int | None = None) -> None:
        """Name the stage."""
        self._say(stage if size_bytes is None else f"{stage} (about {size_bytes / 1e6:.0f} MB)")

    def fetched(self, more_bytes: int) -> None:
        """Say nothing: a log has no use for each step."""


def _bar(*columns: ProgressColumn, transient: bool = False) -> Progress:
    err = Console(stderr=True)
    return Progress(*columns, console=err, disable=not err.is_terminal, transient=transient)
