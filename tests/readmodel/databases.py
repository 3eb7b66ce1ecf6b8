"""Databases of the read model that a test looks into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from streamprocessor.readmodel.store.database import open_database


@contextmanager
def opened_database(url: str, file: Path) -> Iterator[Engine]:
    """The database of the URL, or the SQLite file where the URL is empty; its connections end with the block."""
    engine = open_database(url, file)
    try:
        yield engine
    finally:
        engine.dispose()
