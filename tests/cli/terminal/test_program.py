"""How a person types the command where they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from streamprocessor.cli.terminal.program import activation, typed


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A virtual environment in a folder, of which the interpreter runs; its folder of programs is not on the PATH."""
    programs = tmp_path / "my project" / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("streamprocessor", "python", "activate"):
        (programs / name).touch(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    return programs


def test_the_name_is_enough_where_the_shell_finds_it(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(venv))

    assert typed("explain", "c 42") == "streamprocessor explain 'c 42'"
    assert activation() is None


def test_below_the_folder_the_path_is_relative_and_a_line_makes_the_name_enough(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(venv.parents[1])

    assert typed("up") == ".venv/bin/streamprocessor up"
    assert activation() == ". .venv/bin/activate"


def test_elsewhere_the_path_is_whole(venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path.parent)

    assert typed("up", folder=Path("/srv")) == f"'{venv}/streamprocessor' up"
    assert activation(Path("/srv")) == f". '{venv}/activate'"


def test_another_program_of_that_name_is_not_ours(venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "streamprocessor").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(venv.parents[1])

    assert typed("up") == ".venv/bin/streamprocessor up"


def test_without_a_program_of_ours_the_name_is_said(venv: Path) -> None:
    (venv / "streamprocessor").unlink()

    assert typed("up") == "streamprocessor up"
