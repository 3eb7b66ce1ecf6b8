"""Many rows into a table at once, at the cost of the database alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert the rows, each of which has a value for every column of the table."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        types = (column.type.compile(connection.dialect).partition(" COLLATE")[0] for column in table.columns)
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        statement = f"INSERT INTO {table.name} SELECT * FROM unnest({arrays})"
        connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True)))
    else:
        places = ", ".join("?" for _ in table.columns)
        statement = f"INSERT INTO {table.name} VALUES ({places})"
        connection.exec_driver_sql(statement, list(rows))
