"""Names that outlive a restart and are never have two holders."""

from pathlib import Path

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.stream.membership import take_name


def test_workers_without_a_name_take_the_first_free_slot(tmp_path: Path) -> None:
    first = take_name(tmp_path, "app", "")
    second = take_name(tmp_path, "app", "")
    assert first.instance_id.endswith("-0")
    assert second.instance_id.endswith("-1")

    first.release()
    third = take_name(tmp_path, "app", "")

    assert third.instance_id == first.instance_id
    second.release()
    third.release()


def test_a_name_that_a_live_process_holds_is_refused_and_free_again_afterwards(tmp_path: Path) -> None:
    membership = take_name(tmp_path, "app", "blue")
    with pytest.raises(OperatorError, match="--name blue: a live process"):
        take_name(tmp_path, "app", "blue")

    membership.release()

    take_name(tmp_path, "app", "blue").release()


def test_another_application_has_slots_of_its_own(tmp_path: Path) -> None:
    one = take_name(tmp_path, "one", "")
    two = take_name(tmp_path, "two", "")

    assert one.instance_id.endswith("-0")
    assert two.instance_id.endswith("-0")
    one.release()
    two.release()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "workers").write_text("a file stands in the way")

    with pytest.raises(OperatorError, match="workers"):
        take_name(tmp_path, "app", "")
