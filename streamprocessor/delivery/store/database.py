"""Delivery's database: opened for this process alone, and transactions whose errors ask for a restart."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import Any

from sqlalchemy import Connection, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from streamprocessor.delivery.store.tables import SCHEMA_VERSION, layout, metadata
from streamprocessor.errors import MustRestartError, OperatorError
from streamprocessor.process.databases import read_database_url

_LONGEST_LOG_PAGES = 16_000
_LOCK = 7_461_927_115_301  # any number, the same in all processes


class Database:
    """SQLite or PostgreSQL, with delivery's tables in it."""

    def __init__(self, url: str) -> None:
        """Raises OperatorError where it can't be opened, is in use, or was made by newer code."""
        at = read_database_url(url, "delivery")
        try:
            with ExitStack() as undoing:
                self._engine = create_engine(at)
                undoing.callback(self._engine.dispose)
                if self._engine.dialect.name == "sqlite":
                    event.listen(self._engine, "connect", _set_up_sqlite)
                self._lock = self._claim()
                if self._lock is not None:
                    undoing.callback(self._lock.close)
                with self._engine.begin() as connection:
                    _make_tables(connection)
                undoing.pop_all()
        except (SQLAlchemyError, ImportError) as error:  # ImportError: the database's driver is not installed
            reason = f"{type(error).__name__}: {_message_of(error)}"
            message = f"delivery's database {at.render_as_string()}: can't be opened: {reason}"
            raise OperatorError(message) from error

    def begin(self) -> _Transaction:
        """A transaction; raises MustRestartError where the database can't be used any more."""
        return _Transaction(self._engine.begin())

    def checkpoint(self) -> None:
        """Bring what SQLite's log holds to where it stays; called from another thread, it holds up no writing."""
        if self._engine.dialect.name == "sqlite":
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
            except SQLAlchemyError as error:
                raise _broken(error) from error

    def close(self) -> None:
        """Let go of it."""
        if self._lock is not None:
            with suppress(SQLAlchemyError):  # a connection that is broken holds no lock
                # A server may see the end of a connection after the next process has asked for the lock.
                self._lock.execute(text(f"select pg_advisory_unlock({_LOCK})"))
            self._lock.close()
        self._engine.dispose()

    def _claim(self) -> Connection | None:
        """PostgreSQL's lock of this database, held as long as the connection; SQLite has the folder's file lock."""
        if self._engine.dialect.name != "postgresql":
            return None
        connection = self._engine.connect()
        if not connection.scalar(text(f"select pg_try_advisory_lock({_LOCK})")):
            connection.close()
            message = "delivery's database: wanted it for this process alone; got one that another delivery is using"
            raise OperatorError(message)
        connection.commit()
        return connection


class _Transaction:
    """A transaction whose errors ask for a restart: what was written is not known any more."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __enter__(self) -> Connection:
        try:
            connection: Connection = self._inner.__enter__()
        except SQLAlchemyError as error:
            raise _broken(error) from error
        return connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        try:
            self._inner.__exit__(kind, error, trace)
        except SQLAlchemyError as broken:
            raise _broken(broken) from broken
        if isinstance(error, SQLAlchemyError):
            raise _broken(error) from error


def _broken(error: SQLAlchemyError) -> MustRestartError:
    return MustRestartError(f"delivery's database: can't be used any more: {_message_of(error)}")


def _message_of(error: Exception) -> str:
    """What the database said, without the statement, its values and PostgreSQL's details: they are personal."""
    return (str(getattr(error, "orig", None) or type(error).__name__).splitlines() or [""])[0]


def _make_tables(connection: Connection) -> None:
    is_new = not inspect(connection).has_table(layout.name)
    metadata.create_all(connection)  # tables that came later are made where they miss
    _add_missing_columns(connection)
    if is_new:
        connection.execute(insert(layout).values(version=SCHEMA_VERSION))
    version = connection.scalar(select(layout.c.version))
    if version != SCHEMA_VERSION:
        message = f"delivery's database: wanted layout {SCHEMA_VERSION}; got {version}: made by another version of it"
        raise OperatorError(message)


def _add_missing_columns(connection: Connection) -> None:
    """Columns that came later than their tables: each may be empty, so that the release before goes on with them."""
    for table in metadata.sorted_tables:
        known = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                kind = column.type.compile(connection.dialect)
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"))


def _set_up_sqlite(connection: Any, _: Any) -> None:
    # Positions and deliveries go to disk together, so the last ones may be lost in a power cut: they are read again.
    # The log is brought in from another thread; by who writes, waiting for the disk, only where that can't keep up.
    log = f"wal_autocheckpoint = {_LONGEST_LOG_PAGES}"
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 10000", log):
        connection.execute(f"PRAGMA {pragma}")
