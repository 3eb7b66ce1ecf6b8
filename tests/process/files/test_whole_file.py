"""Files are whole at every instant, whoever writes them."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streamprocessor.process.files.whole_file import write_whole


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_has_the_new_content_and_who_may_read_it_is_as_asked(tmp_path: Path, mode: int, is_shared: bool) -> None:
    file = tmp_path / "file"
    for content in (b"a long one", b"short"):
        write_whole(file, content, mode=mode, is_shared=is_shared)
        assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (content, mode)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("is_shared", [False, True])
def test_what_can_not_be_written_leaves_nothing_behind(tmp_path: Path, is_shared: bool) -> None:
    folder = tmp_path / "file"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(folder, b"content", is_shared=is_shared)
    assert list(tmp_path.iterdir()) == [folder]


def test_of_those_who_write_a_shared_file_at_once_each_succeeds_and_one_counts_whole(tmp_path: Path) -> None:
    file, contents = tmp_path / "file", [bytes([n]) * 5_000 for n in range(64)]

    def write(content: bytes) -> None:
        write_whole(file, content, is_synced=False, is_shared=True)

    with ThreadPoolExecutor(16) as writers:
        list(writers.map(write, contents))
    assert file.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [file]
