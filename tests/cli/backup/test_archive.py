"""An archive that is not whole, not ours or not as it was brings nothing back."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from streamprocessor.cli.backup.archive import DESCRIPTION, FORMAT, Description, extract, new_archive
from streamprocessor.cli.backup.snapshot import FileAt
from streamprocessor.errors import OperatorError

CONTENTS = {"write-keys": b"local=a-secret-of-ours\n", "kafka/data/t-0/00.log": b"x" * 3_000_000}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One of two files, of which one goes on growing."""
    files = []
    for name, content in CONTENTS.items():
        path = tmp_path / "held" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content + b"what came later")
        files.append(FileAt(PurePosixPath(name), path, len(content)))
    archive = tmp_path / "backup.tar.gz"
    with new_archive(archive) as writer:
        writer.add(files)
        writer.describe(Description(FORMAT, "1", 0, "", "app", writer.files, {"contacts": 1}))
    return archive


def _members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {member.name: content.read() for member in tar if (content := tar.extractfile(member)) is not None}


def _written(archive: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive


def test_files_come_back_as_they_were_for_their_owner_alone(archive: Path, tmp_path: Path) -> None:
    described = extract(archive, tmp_path / "new")

    assert {name: (tmp_path / "new" / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert described.state == {"contacts": 1}
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "new", *(tmp_path / "new").rglob("*")]}
    assert modes == {0o600, 0o700}


def test_an_archive_is_not_written_over_another_file(archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(OperatorError, match="is there already"), new_archive(archive):
        pass
    assert archive.read_bytes() == before


def test_what_was_not_finished_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_archive(tmp_path / "backup.tar.gz"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_extracted_into_a_folder_with_files(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="is not empty"):
        extract(archive, tmp_path)


def _cut(archive: Path) -> None:
    content = gzip.decompress(archive.read_bytes())
    archive.write_bytes(gzip.compress(content[: len(content) // 2]))


def _cut_packed(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-200])


def _changed(archive: Path) -> None:
    _written(archive, _members(archive) | {"data/write-keys": b"local=another-of-theirs\n"})


def _without_one(archive: Path) -> None:
    members = _members(archive)
    del members["data/write-keys"]
    _written(archive, members)


def _without_description(archive: Path) -> None:
    members = _members(archive)
    del members[DESCRIPTION]
    _written(archive, members)


def _newer(archive: Path) -> None:
    members = _members(archive)
    described = msgspec.json.decode(members[DESCRIPTION], type=Description)
    members[DESCRIPTION] = msgspec.json.encode(msgspec.structs.replace(described, format=FORMAT + 1))
    _written(archive, members)


def _leading_out(archive: Path) -> None:
    _written(archive, _members(archive) | {"data/../../outside": b"x"})


def _no_archive(archive: Path) -> None:
    archive.write_bytes(b"a text")


@pytest.mark.parametrize(
    "spoil", [_cut, _cut_packed, _changed, _without_one, _without_description, _newer, _leading_out, _no_archive]
)
def test_an_archive_that_is_not_what_was_written_is_refused(archive: Path, tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)
    spoil(archive)

    with pytest.raises(OperatorError, match="wanted a whole archive of `streamprocessor backup`"):
        extract(archive, tmp_path / "new")
    assert not (tmp_path / "outside").exists()
