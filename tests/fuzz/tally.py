"""What came of many requests: how many of which kind were answered how, which were the slowest, and what is a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.fuzz.connections import Answer
from tests.fuzz.requests import Request

MOST_SLOW = 8
DOCUMENTED_5XX = 503  # Kafka, the disk or delivery is away


class Tally:
    """The count of what one server answered."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._counts: Counter[tuple[str, int | None]] = Counter()
        self.faults: list[str] = []
        self.slowest: list[tuple[float, str]] = []

    def note(self, request: Request, answer: Answer) -> None:
        """Count one answer."""
        self._counts[request.kind, answer.status] += 1
        if is_fault(request, answer.status):
            self.faults.append(f"{self._server} answered {answer.status} to {shown(request)}")
        if len(self.slowest) < MOST_SLOW or answer.seconds > self.slowest[-1][0]:
            self.slowest = sorted([*self.slowest, (answer.seconds, shown(request))], reverse=True)[:MOST_SLOW]

    def lines(self) -> Iterator[str]:
        """A line for each kind and status, and for the slowest."""
        for (kind, status), count in sorted(self._counts.items(), key=str):
            yield f"{self._server:10} {kind:10} {status or 'none':>5} {count:>7}"
        for seconds, request in self.slowest:
            yield f"{self._server:10} {seconds:.2f} s {request[:300]}"


def is_fault(request: Request, status: int | None) -> bool:
    """Whether no server of ours may answer so. What is not whole may be left without an answer."""
    if status is None:
        return request.is_whole
    return status >= 500 and status != DOCUMENTED_5XX


def shown(request: Request) -> str:
    """The request for people, cut."""
    return f"{request.kind}, {len(request.raw)} bytes: {request.raw[:1_500]!r}"
