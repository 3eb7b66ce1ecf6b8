"""The address salt is the collectors'; workers, apis and imports want it and never make one for themselves."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.process.stored_secrets import (
    ADDRESS_SALT_FILE,
    address_salt,
    known_address_salt,
    make_address_salt,
)


def test_one_that_a_collector_made_is_the_one_that_workers_find_and_its_owners_alone(tmp_path: Path) -> None:
    made = make_address_salt("", tmp_path)

    assert address_salt("", tmp_path) == known_address_salt("", tmp_path) == made == make_address_salt("", tmp_path)
    assert len(made) >= 32
    assert stat.S_IMODE((tmp_path / ADDRESS_SALT_FILE).stat().st_mode) == 0o600


def test_that_of_the_setting_goes_before_and_none_is_made_beside_it(tmp_path: Path) -> None:
    assert make_address_salt("mine", tmp_path) == address_salt("mine", tmp_path) == "mine"
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_none_the_sentence_says_whose_it_is_and_none_is_made(tmp_path: Path) -> None:
    assert known_address_salt("", tmp_path) == ""
    with pytest.raises(
        OperatorError, match=r"STREAMPROCESSOR_ADDRESS_SALT: wanted a secret, as .* has none either"
    ) as refused:
        address_salt("", tmp_path)
    for words in ("that of the collectors", "behind `local=`", "openssl rand -hex 24", "never change it"):
        assert words in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "another=word-of-sixteen-chars", "local=short"])
def test_a_file_that_holds_none_is_refused_and_not_replaced(tmp_path: Path, content: str) -> None:
    file = tmp_path / ADDRESS_SALT_FILE
    file.write_text(content)
    with pytest.raises(OperatorError, match=r"address-salt|STREAMPROCESSOR_ADDRESS_SALT"):
        address_salt("", tmp_path)
    assert file.read_text() == content
