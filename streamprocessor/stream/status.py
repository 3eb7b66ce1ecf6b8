"""What the HTTP server tells of a worker: whether it is ready, and what it does."""

from __future__ import annotations

from typing import Any

from streamprocessor.process.clock import now_ms
from streamprocessor.process.http.health import STOPPING
from streamprocessor.stream.gauges import Gauges
from streamprocessor.stream.group_readiness import GroupReadiness
from streamprocessor.stream.partition.data_plane import DataPlane


class WorkerStatus:
    """Answers from the start of the process on, long before there is a data plane.

    group: the consumer group of the application. name: this worker's in it; None before it has one.
    """

    def __init__(self, group: str, gauges: Gauges, group_readiness: GroupReadiness) -> None:
        self.group = group
        self.name: str | None = None
        self._gauges = gauges
        self._group_readiness = group_readiness
        self._observed: tuple[DataPlane, Any] | None = None
        self._phase = "starting"
        self._is_stopping = False

    def wait_for(self, what: str) -> None:
        """Say that the start can't go on before something is there, such as "Kafka at HOST:PORT"."""
        self._phase = f"waiting for {what}"

    def observe(self, plane: DataPlane, app: Any) -> None:
        """Tell of this data plane and of this Faust application from now on."""
        self._observed = plane, app

    def stopping(self) -> None:
        """Be ready never again."""
        self._is_stopping = True

    async def group_not_ready(self) -> list[str]:
        """The reasons why this worker, or else the group as a whole, does not score; none while every partition is."""
        return self.not_ready() or await self._group_readiness.not_ready()

    def not_ready(self) -> list[str]:
        """The reasons why this worker does not score at the moment; none while it does."""
        if self._is_stopping:
            return [STOPPING]
        if self._observed is None:
            return [self._phase]
        plane, app = self._observed
        if app.rebalancing_count == 0:
            return ["waiting for an assignment"]
        reasons = []
        if not plane.context.lease.holds_at(now_ms()):
            reasons.append("Kafka has not answered for a while")
        if app.rebalancing:
            reasons.append("rebalancing")
        if app.unassigned is False and not plane.tasks:
            reasons.append("recovering")
        return reasons

    def refresh(self) -> None:
        """Bring the gauges up to date."""
        if self._observed is not None:
            self._gauges.refresh(self._observed[0])

    def status(self) -> dict[str, Any]:
        """What `streamprocessor status` shows of this worker."""
        answer: dict[str, Any] = {"group": self.group, "name": self.name}
        if self._observed is not None:
            answer |= self._gauges.status(self._observed[0])
        return answer
