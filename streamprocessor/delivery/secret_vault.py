"""Secrets that delivery makes and keeps: in its database, sealed, for as long as their subscription names them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import NamedTuple

from streamprocessor.contract.subscriptions.references import KEPT, kept_reference
from streamprocessor.delivery.store.secret_rows import SecretRow, erase_secrets, read_secrets, write_secret
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscriptions.kept_secrets import KeptSecret, KeptSecrets

UNNAMED_KEPT_MS = 86_400_000
"""So long a secret is kept that no subscription names: it may be on its way through the topic."""


class MadeSecret(NamedTuple):
    """A new secret, for the one who asked for it. reference: what its subscription says instead."""

    reference: str
    secret: str


class SecretVault:
    """Keeps what KeptSecrets knows and what the database holds the same."""

    def __init__(self, store_thread: StoreThread, kept: KeptSecrets) -> None:
        self._store_thread = store_thread
        self._kept = kept
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Know what the database holds."""
        rows = await self._store_thread.ask(lambda store: store.within(read_secrets))
        self._kept.know({kept_reference(row.subscription, row.number): KeptSecret(*row[2:]) for row in rows})

    async def make(self, subscription: str) -> MadeSecret:
        """A new secret for the subscription, once it is kept; raises OperatorError where the key can't be used."""
        async with self._one_at_a_time:
            number, secret, kept = await asyncio.to_thread(self._kept.made, subscription)
            row = SecretRow(subscription, number, *kept)
            await self._store_thread.ask(lambda store: store.within(lambda rows: write_secret(rows, row)))
            reference = kept_reference(subscription, number)
            self._kept.know({**self._kept.known, reference: kept})
        return MadeSecret(reference, secret)

    async def erase(self, subscription: str, made_before_ms: int) -> None:
        """Keep no secret of the subscription any more that was made before that instant."""
        async with self._one_at_a_time:
            await self._erase(
                [row for row in self._rows() if row.subscription == subscription and row.made_ms <= made_before_ms]
            )

    async def tidy(self, named: Mapping[str, Collection[str]], unreadable: Collection[str], now_ms: int) -> None:
        """Keep no longer what no subscription uses for a day.

        named: the references that sign, by the subscriptions in force. unreadable: those of whom it is not known.
        """
        async with self._one_at_a_time:
            old = [row for row in self._rows() if row.made_ms <= now_ms - UNNAMED_KEPT_MS]
            await self._erase(
                [
                    row
                    for row in old
                    if row.subscription not in unreadable
                    and kept_reference(row.subscription, row.number) not in named.get(row.subscription, ())
                ]
            )

    def _rows(self) -> list[SecretRow]:
        return [
            SecretRow(found[1], int(found[2]), *kept)
            for reference, kept in self._kept.known.items()
            if (found := KEPT.fullmatch(reference))
        ]

    async def _erase(self, rows: list[SecretRow]) -> None:
        if rows:
            await self._store_thread.ask(lambda store: store.within(lambda table: erase_secrets(table, rows)))
            gone = {kept_reference(row.subscription, row.number) for row in rows}
            self._kept.know({name: kept for name, kept in self._kept.known.items() if name not in gone})
