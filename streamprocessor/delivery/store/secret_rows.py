"""Rows of the secrets that delivery made, sealed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from streamprocessor.delivery.store.tables import kept_secrets


class SecretRow(NamedTuple):
    """A secret of a subscription. number: from 1 on. sealed: what only the data folder's key opens."""

    subscription: str
    number: int
    sealed: bytes
    made_ms: int


def read_secrets(connection: Connection) -> list[SecretRow]:
    """All of them."""
    return [SecretRow(*row) for row in connection.execute(select(kept_secrets))]


def write_secret(connection: Connection, row: SecretRow) -> None:
    """Keep one more."""
    connection.execute(insert(kept_secrets).values(row._asdict()))


def erase_secrets(connection: Connection, rows: Iterable[SecretRow]) -> None:
    """Keep these no longer."""
    for row in rows:
        here = (kept_secrets.c.subscription == row.subscription, kept_secrets.c.number == row.number)
        connection.execute(delete(kept_secrets).where(*here))
