"""Nobody else on the machine looks into the data folder, be it new or an older release's."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.process.data_folder import UNFINISHED_RESTORE, keep_private
from streamprocessor.process.stored_secrets import TOKEN_FILE, created_once, pairs_of, stored_token


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """That of most machines; that of before is back after the test."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path: Path) -> str:
    return f"{path.stat().st_mode & 0o7777:04o}"


@pytest.mark.parametrize("mode", [None, 0o755, 0o775, 0o750, 0o777, 0o2775, 0o700])
def test_the_folder_is_its_owners_alone_and_so_is_what_is_made_in_it(tmp_path: Path, mode: int | None) -> None:
    folder = tmp_path / "above" / "data"
    if mode is not None:
        folder.mkdir(parents=True)
        folder.chmod(mode)

    keep_private(folder)
    (folder / "made").write_text("of a person")
    (folder / "deeper").mkdir()

    assert [mode_of(path) for path in (folder, folder / "made", folder / "deeper")] == ["0700", "0600", "0700"]


@pytest.mark.parametrize("mode", ["1777", "0755"])
def test_a_folder_that_others_use_too_stays_as_it_is_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(int(mode, 8))
    if mode == "0755":
        monkeypatch.chdir(shared)

    with caplog.at_level(logging.WARNING):
        keep_private(shared)

    assert mode_of(shared) == mode
    assert f"({mode}); wanted a folder of its own" in caplog.text


def test_one_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OperatorError, match="can't be used as the data folder"):
        keep_private(tmp_path / "file" / "data")


def test_a_command_that_only_needs_a_secret_makes_the_folder_as_private(tmp_path: Path) -> None:
    assert mode_of(created_once(tmp_path / "data" / "keys", "x").parent) == "0700"


def test_nothing_starts_on_a_folder_whose_restore_did_not_end(tmp_path: Path) -> None:
    (tmp_path / UNFINISHED_RESTORE).touch()

    with pytest.raises(OperatorError, match="is not whole: a restore into it"):
        keep_private(tmp_path)


def test_an_empty_token_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / TOKEN_FILE).touch()

    with pytest.raises(OperatorError, match=f"{TOKEN_FILE}: wanted a secret of at least 16 characters; got 0"):
        stored_token("", tmp_path)


def test_a_first_start_that_is_killed_while_it_writes_a_key_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: int) -> None:
        raise SystemExit

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(SystemExit):
        created_once(tmp_path / "keys", "first")
    monkeypatch.undo()

    assert not (tmp_path / "keys").exists()
    assert created_once(tmp_path / "keys", "second").read_text() == "second"
    assert mode_of(tmp_path / "keys") == "0600"


def test_of_two_that_make_a_key_at_once_the_first_ones_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, fsync = tmp_path / "keys", os.fsync

    def overtaken(descriptor: int) -> None:
        fsync(descriptor)
        file.write_text("first")

    monkeypatch.setattr(os, "fsync", overtaken)

    assert created_once(file, "second").read_text() == "first"
    assert list(tmp_path.iterdir()) == [file]


def test_a_byte_order_mark_is_no_part_of_the_first_keys_name(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes("\ufeffsite=0123456789abcdef\r\n".encode())

    assert pairs_of(str(file), "KEYS") == {"site": "0123456789abcdef"}
