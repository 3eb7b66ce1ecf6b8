"""Progress bars on stderr; where that is no terminal nothing is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Note = Callable[[str], None]


@contextmanager
def bytes_bar(file: Path) -> Iterator[tuple[Callable[[int], None], Note]]:
    """A bar over the file's bytes: what to call with so many more bytes, and what prints a line above the bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with _bar(*columns) as bar:
        task = bar.add_task(file.name, total=file.stat().st_size)

        def note(line: str) -> None:
            bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

        yield lambda more: bar.advance(task, more), note


@contextmanager
def counting_bar(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar that counts to total (None: without end): what to call for one more."""
    with _bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _bar(*columns: TextColumn | BarColumn | TaskProgressColumn | TimeRemainingColumn | MofNCompleteColumn) -> Progress:
    err = Console(stderr=True)
    return Progress(*columns, console=err, disable=not err.is_terminal)
