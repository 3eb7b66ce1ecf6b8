"""The demo's display: a live picture where a person watches, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streamprocessor.cli.demo.board import Board
from streamprocessor.cli.terminal.printing import console

PLAIN_EVERY_MS = 5_000
BAR_POINTS = 2
STYLES = {"hot": "bold red", "warm": "yellow", "cold": "blue"}


class Screen(Protocol):
    """Where the demo is shown."""

    def say(self, sentence: str) -> None:
        """Print a sentence that stays."""

    def news(self, line: str) -> None:
        """Tell of a hot lead, or of a contact that cooled."""

    def draw(self, board: Board, now_ms: int) -> None:
        """Show the state of things; called several times a second."""


class PlainScreen:
    """Lines, for logs and pipes: each piece of news, and every few seconds the state."""

    def __init__(self, out: Console) -> None:
        """Print to that console."""
        self._out = out
        self._next_ms = 0

    def say(self, sentence: str) -> None:
        """Print the sentence."""
        self._out.print(sentence, soft_wrap=True)

    def news(self, line: str) -> None:
        """Print the line."""
        self._out.print(line, soft_wrap=True)

    def draw(self, board: Board, now_ms: int) -> None:
        """Print the state when it is time."""
        if now_ms >= self._next_ms:
            self._next_ms = now_ms + PLAIN_EVERY_MS
            self._out.print(state_line(board, now_ms), soft_wrap=True)


class LiveScreen:
    """A picture that is redrawn in place; sentences scroll above it."""

    def __init__(self, out: Console, live: Live) -> None:
        """Draw by a Live that is started."""
        self._out = out
        self._live = live

    def say(self, sentence: str) -> None:
        """Print the sentence above the picture."""
        self._out.print(sentence)

    def news(self, line: str) -> None:
        """Nothing: the picture shows the news."""

    def draw(self, board: Board, now_ms: int) -> None:
        """Redraw the picture."""
        self._live.update(picture(board, now_ms), refresh=True)


@contextmanager
def screen() -> Iterator[Screen]:
    """The screen that fits stdout, for as long as the block lasts."""
    out = console()
    if not out.is_terminal:
        yield PlainScreen(out)
        return
    with Live(console=out, auto_refresh=False) as live:
        yield LiveScreen(out, live)


def state_line(board: Board, now_ms: int) -> str:
    """The state in one line."""
    events, steps = board.rates(now_ms)
    stages = ", ".join(f"{count} {stage}" for stage, count in sorted(board.by_stage().items()))
    at = time.strftime("%H:%M:%S", time.gmtime(now_ms / 1000))
    so_far = f"{board.steps} so far, {board.steps_by_time} by time alone"
    return (
        f"{at} {events:.0f} events/s, {steps:.0f} score steps/s ({so_far}), {board.hot_leads} hot leads; "
        f"{stages or 'no one yet'}"
    )


def picture(board: Board, now_ms: int) -> Group:
    """The whole picture: rates, the strongest contacts now, the latest hot leads and coolings."""
    contacts = Table("contact", "stage", "now", "highest", "", box=None, pad_edge=False, expand=True)
    for row in board.strongest():
        style = STYLES.get(row.stage or "", "")
        bar = Text("█" * max(0, round(row.score / BAR_POINTS)), style=style)
        bar.append("░" * max(0, round((row.highest - row.score) / BAR_POINTS)), style="dim")
        numbers = (f"{row.score:g}", f"{row.highest:g}")
        contacts.add_row(row.contact_id, Text(row.stage or "", style=style), *numbers, bar)
    return Group(
        Text(state_line(board, now_ms), style="bold"),
        Panel(contacts, title="strongest contacts, fading as time goes by", title_align="left"),
        Panel(Text("\n".join(reversed(board.latest_hot_leads))), title="latest hot leads", title_align="left"),
        Panel(Text("\n".join(reversed(board.latest_coolings))), title="cooled by time alone", title_align="left"),
    )
