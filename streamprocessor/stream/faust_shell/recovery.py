"""Recovery of a table's partitions: Faust says when, and a reader of our own reads the changelog in whole batches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import faust.tables
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from mode import Service

RecoverPartitions = Callable[[set[int]], Awaitable[None]]


class ChangelogRecovery(Recovery):  # type: ignore[misc]
    """Faust's recovery service; between an assignment and the streams' resumption it calls recover_partitions.

    Faust's own reading of changelogs is not used: it creates an event a record, swallows errors, and reads its own
    live writes again after each rebalance.
    """

    tables: TableManager

    @Service.task  # type: ignore[untyped-decorator]
    async def _restart_recovery(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start):
                break
            self.signal_recovery_start.clear()
            generation_id = self._generation_id
            try:
                self._set_recovery_started()
                await self._wait(self.tables.recover_partitions({tp.partition for tp in self.active_tps}))
                await self._wait(self.on_recovery_completed(generation_id))
            except RebalanceAgain:
                continue
            except ServiceStopped:
                break
            except Exception as error:  # noqa: BLE001 - a partition that can't be recovered must not be scored
                self.tables.give_up(error)

    @Service.task  # type: ignore[untyped-decorator]
    async def _slurp_changelogs(self) -> None:
        """Nothing: see the class."""

    @Service.task  # type: ignore[untyped-decorator]
    async def _publish_stats(self) -> None:
        """Nothing: the reader publishes its own."""


class TableManager(faust.tables.TableManager):  # type: ignore[misc]
    """Faust's table manager with our recovery.

    recover_partitions: brings exactly these partition numbers up to the changelog's end.
    give_up: ends the process.
    """

    _recovery: ChangelogRecovery | None

    def __init__(
        self, app: Any, *, recover_partitions: RecoverPartitions, give_up: Callable[[BaseException], Any], **kwargs: Any
    ) -> None:
        super().__init__(app, **kwargs)
        self.recover_partitions = recover_partitions
        self.give_up = give_up

    @property
    def recovery(self) -> ChangelogRecovery:
        """The recovery service."""
        recovery = self._recovery
        if recovery is None:
            recovery = self._recovery = ChangelogRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return recovery
