"""Databases of the read model that a test looks into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from streamprocessor.readmodel.store.database import open_database


@contextmanager
def opened_database(url: str, file: Path) -> Iterator[Engine]:
    """The database of the URL, or the SQLite file where the URL is empty; its connections end with the block.

    A task that was cancelled may leave a thread at work, whose connection comes back after the block: it ends then.
    """
    engine = open_database(url, file)
    is_over = Event()

    def close_late(connection: DBAPIConnection | None, _record: object) -> None:
        if is_over.is_set() and connection is not None:
            connection.close()

    event.listen(engine, "checkin", close_late)
    try:
        yield engine
    finally:
        is_over.set()
        engine.dispose()
