"""Opening the read model's database."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.store.database import open_database, write_state, writing
from tests.readmodel.databases import opened_database


def open_files(folder: Path) -> list[str]:
    return [file.path for file in psutil.Process().open_files() if Path(file.path).is_relative_to(folder)]


def test_a_database_that_is_refused_is_not_kept_open(tmp_path: Path) -> None:
    file = tmp_path / "read-model.sqlite"
    with opened_database("", file) as engine:
        with writing(engine) as connection:
            write_state(connection, "schema_version", "999")
        assert open_files(tmp_path) != []

    with pytest.raises(OperatorError, match="schema version 999") as refusal:
        open_database("", file)

    assert open_files(tmp_path) == []
    assert refusal.tb is not None  # it has the engine, which nothing has collected yet


def test_a_connection_that_comes_back_after_its_test_ends_there(database_url: str, tmp_path: Path) -> None:
    with opened_database(database_url, tmp_path / "read-model.sqlite") as engine:
        late = engine.connect()
        raw = late.connection.dbapi_connection
    late.close()

    assert raw is not None
    with pytest.raises(Exception, match="closed"):
        raw.cursor().execute("SELECT 1")
