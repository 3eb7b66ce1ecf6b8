"""What a line of the log belongs to: a micro-batch, a trace. Set where work begins, read by whatever logs within it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

#: Says, when it is asked, which micro-batch the present task is at, such as `3:1024`: partition and step.
batch_name: ContextVar[Callable[[], str] | None] = ContextVar("batch_name", default=None)

#: The trace that the present request or micro-batch is part of: 32 hexadecimal digits.
trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


def context_of_line() -> dict[str, str]:
    """`batch` and `trace_id` of the work that is under way, each where there is one."""
    found: dict[str, str] = {}
    which = batch_name.get()
    if which is not None:
        found["batch"] = which()
    trace = trace_id.get()
    if trace is not None:
        found["trace_id"] = trace
    return found
