"""Spans: what a process did for a trace, and when; and tracing that is off, which passes on what it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple, Protocol


class SpanKind(Enum):
    """Who asks whom: a request to us, one of ours, records that we read."""

    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"


class Span(Protocol):
    """A piece of work that goes on."""

    @property
    def traceparent(self) -> str | None:
        """The trace context for what follows from the work; None: it is in no trace."""

    def end(self, attributes: Mapping[str, str | int | float]) -> None:
        """Note that the work is done; the attributes say what it came to, and nothing of a person."""


class Tracing(Protocol):
    """Notes spans."""

    def start(self, kind: SpanKind, name: str, parent: str | None) -> Span:
        """Work that begins now, in the trace of the parent; None: in one of its own, where tracing is on."""

    def done(
        self, name: str, links: Sequence[str], seconds: float, attributes: Mapping[str, str | int | float]
    ) -> str | None:
        """The trace context of work that ended just now and took so long, for records in these traces.

        None: it is in no trace of its own.
        """

    def close(self) -> None:
        """Send what was not sent yet, as far as that does not take long."""


class NonRecordingSpan(NamedTuple):
    """No span: what follows from the work is in the trace that it came with."""

    traceparent: str | None

    def end(self, attributes: Mapping[str, str | int | float]) -> None:
        """Nothing: nobody looks at it."""


class TracingOff:
    """Notes nothing."""

    def start(self, kind: SpanKind, name: str, parent: str | None) -> Span:  # noqa: ARG002 - as Tracing has it
        """What passes the parent on."""
        return NonRecordingSpan(parent)

    def done(
        self,
        name: str,  # noqa: ARG002
        links: Sequence[str],  # noqa: ARG002
        seconds: float,  # noqa: ARG002
        attributes: Mapping[str, str | int | float],  # noqa: ARG002
    ) -> str | None:
        """None."""
        return None

    def close(self) -> None:
        """Nothing is there to be sent."""


TRACING_OFF = TracingOff()
