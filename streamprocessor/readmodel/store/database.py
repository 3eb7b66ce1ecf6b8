"""The database: opened, locked for writing, and refused where a newer program made it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, delete, event, insert, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from streamprocessor.errors import OperatorError
from streamprocessor.process.databases import read_database_url
from streamprocessor.readmodel.store.tables import SCHEMA_VERSION, derived, permanent, state

_WRITER_LOCK = 0x5C0_5E5
_BUSY_SECONDS = 30
_WRITER_CACHE_KIB, _READER_CACHE_KIB = 65_536, 4_096
_VERSION, _EPOCH = "schema_version", "epoch"


def open_database(url: str, file: Path) -> Engine:
    """The database of the URL, or the SQLite file where the URL is empty; tables are made where there are none.

    Derived tables of an older schema are dropped and made anew, empty: they are filled from Kafka.

    Raises:
        OperatorError: it can't be opened, or a newer program made it.
    """
    if not url:
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url or f"sqlite:///{file}")
    try:
        with ExitStack() as undoing:
            undoing.callback(engine.dispose)
            with writing(engine) as connection:
                permanent.create_all(connection)
                version = read_state(connection, _VERSION)
                if version is not None and int(version) > SCHEMA_VERSION:
                    raise _newer(engine, version)
                if version != str(SCHEMA_VERSION):
                    start_over(connection)
            undoing.pop_all()
    except SQLAlchemyError as error:
        # The driver's words name host and database, never the password.
        message = f"read model: {shown_url(engine)} can't be used: {error.__cause__ or error}; is the server up?"
        raise OperatorError(message) from error
    return engine


def opened_lasting(read_model: Engine, file: Path, tables: MetaData) -> Engine:
    """A database for what Kafka does not have: the read model's server, or a SQLite file beside the read model's.

    What was committed there survives a power cut. The tables are made where there are none.
    Raises OperatorError where it can't be opened.
    """
    engine = read_model
    if read_model.dialect.name == "sqlite":
        engine = _engine(f"sqlite:///{file}")
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = FULL"))
    try:
        with writing(engine) as connection:
            tables.create_all(connection)
    except SQLAlchemyError as error:
        if engine is not read_model:
            engine.dispose()
        message = f"access: {shown_url(engine)} can't be used: {error.__cause__ or error}; wanted to read and write it"
        raise OperatorError(message) from error
    return engine


def opened_beside(url: str) -> Engine:
    """The database of a URL, with its password, that another process of ours has opened and keeps."""
    return _engine(url)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer of this database runs beside."""
    with engine.connect().execution_options(is_writing=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction all of whose questions see one state of the tables."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":  # SQLite's are so anyway
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def may_come_back(error: DBAPIError) -> bool:
    """Whether the same may go well later, and nothing of it was done: the server restarts, the file is locked."""
    return error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")


def start_over(connection: Connection) -> None:
    """Empty derived tables; whoever projected into the former ones finds another epoch."""
    derived.drop_all(connection)
    derived.create_all(connection)
    write_state(connection, _VERSION, str(SCHEMA_VERSION))
    begin_epoch(connection)


def begin_epoch(connection: Connection) -> None:
    """From now on nothing is written by whoever wrote into the tables before."""
    write_state(connection, _EPOCH, uuid.uuid4().hex)


def epoch_of(connection: Connection) -> str:
    """The name of the present filling of the derived tables."""
    return read_state(connection, _EPOCH) or ""


def read_state(connection: Connection, name: str) -> str | None:
    """A value noted under the name; None: none was."""
    return connection.execute(select(state.c.value).where(state.c.name == name)).scalar()


def write_state(connection: Connection, name: str, value: str) -> None:
    """Note a value under the name."""
    connection.execute(delete(state).where(state.c.name == name))
    connection.execute(insert(state).values(name=name, value=value))


def shown_url(engine: Engine) -> str:
    """The database's address without its password."""
    return engine.url.render_as_string(hide_password=True)


def _engine(url: str) -> Engine:
    parsed = read_database_url(url, "read model")
    try:
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=40)
    except ModuleNotFoundError as error:
        message = f"read model: {error.name} is not installed; wanted pip install 'streamprocessor[postgresql]'"
        raise OperatorError(message) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in (
        f"busy_timeout = {_BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = NORMAL",  # a power cut may lose the last batches, offsets and all: they are read again
        "case_sensitive_like = ON",  # as in PostgreSQL
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("is_writing", False)
    # Each connection has a cache of its own, and every reader may have a connection.
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB if is_writing else _READER_CACHE_KIB}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _newer(engine: Engine, version: str) -> OperatorError:
    return OperatorError(
        f"read model: {shown_url(engine)} is of schema version {version}; wanted at most {SCHEMA_VERSION}: start the "
        "newer program that made it, or name another database"
    )
