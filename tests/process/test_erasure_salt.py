"""The erasure salt is made once, or wanted; never made by each process for itself."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.process.erasure_salt import FILE, erasure_salt, make_erasure_salt


def test_one_that_was_made_is_the_same_at_every_start_and_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    make_erasure_salt("", folder)
    first = erasure_salt("", folder)
    make_erasure_salt("", folder)

    assert erasure_salt("", folder) == first
    assert len(first) >= 32
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    make_erasure_salt("", tmp_path / "another")
    assert erasure_salt("", tmp_path / "another") != first


def test_that_of_the_setting_goes_before_and_none_is_made_beside_it(tmp_path: Path) -> None:
    make_erasure_salt("mine", tmp_path)
    assert list(tmp_path.iterdir()) == []
    make_erasure_salt("", tmp_path)
    assert erasure_salt("mine", tmp_path) == "mine"


def test_installations_that_erased_without_one_say_so(tmp_path: Path) -> None:
    assert erasure_salt("unsalted", tmp_path) == ""


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_where_there_is_none_the_sentence_says_how_one_is_made_and_that_it_never_changes(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / FILE).write_text(content)
    with pytest.raises(OperatorError) as refused:
        erasure_salt("", tmp_path)
    for words in ("STREAMPROCESSOR_ERASURE_SALT", "openssl rand -hex 24", "never change", "all workers and apis"):
        assert words in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ([] if content is None else [FILE])


def test_one_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(OperatorError, match=f"{FILE}: wanted the erasure salt; it can't be read"):
        erasure_salt("", tmp_path)
    assert os.listdir(tmp_path) == [FILE]
