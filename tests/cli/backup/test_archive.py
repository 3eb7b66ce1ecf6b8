"""An archive that is not whole, not ours or not as it was brings nothing back."""

from __future__ import annotations

import errno
import gzip
import io
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from streamprocessor.cli.backup.archive import DESCRIPTION, FORMAT, Description, extract, finish, new_archive
from streamprocessor.cli.backup.snapshot import FileAt
from streamprocessor.errors import OperatorError
from streamprocessor.process.data_folder import UNFINISHED_RESTORE, keep_private

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


def _newer_of_other_fields(archive: Path) -> None:
    _written(archive, _members(archive) | {DESCRIPTION: msgspec.json.encode({"format": FORMAT + 1, "files": []})})


def _twice(archive: Path) -> None:
    members = _members(archive)
    _written(archive, {name: members[name] for name in ("data/write-keys",)} | {"data/write-keys/below": b"x"})


def _without_name(archive: Path) -> None:
    _written(archive, _members(archive) | {"data": b"x"})


def _unspeakable(archive: Path) -> None:
    with tarfile.open(archive, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("data/x")
        member.pax_headers = {"path": "data/a\x00b"}
        tar.addfile(member)


def _marker(archive: Path) -> None:
    _written(archive, {f"data/{UNFINISHED_RESTORE}": b"x"} | _members(archive))


def _link(kind: bytes) -> Callable[[Path], None]:
    def linked(archive: Path) -> None:
        members = _members(archive)
        with tarfile.open(archive, "w:gz") as tar:
            member = tarfile.TarInfo("data/spool")
            member.type, member.linkname = kind, "/tmp"
            tar.addfile(member)
            for name, content in {**members, "data/spool/planted": b"x"}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))

    return linked


def _large_description(archive: Path) -> None:
    _written(archive, _members(archive) | {DESCRIPTION: b" " * (65 << 20)})


def _no_archive(archive: Path) -> None:
    archive.write_bytes(b"a text")


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        _cut_packed,
        _changed,
        _without_one,
        _without_description,
        _newer,
        _newer_of_other_fields,
        _leading_out,
        _twice,
        _without_name,
        _unspeakable,
        _marker,
        _link(tarfile.SYMTYPE),
        _link(tarfile.LNKTYPE),
        _link(tarfile.CHRTYPE),
        _large_description,
        _no_archive,
    ],
)
def test_an_archive_that_is_not_what_was_written_is_refused_and_nothing_of_it_stays(
    archive: Path, tmp_path: Path, spoil: object
) -> None:
    assert callable(spoil)
    spoil(archive)

    with pytest.raises(OperatorError, match="wanted a whole archive of `streamprocessor backup`"):
        extract(archive, tmp_path / "new")
    assert not (tmp_path / "outside").exists()
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("spoil", [_newer, _newer_of_other_fields])
def test_the_format_of_a_newer_one_is_named(archive: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(archive)

    with pytest.raises(OperatorError, match=f"format {FORMAT}; got another: format {FORMAT + 1}"):
        extract(archive, tmp_path / "new")


def test_nobody_else_uses_the_folder_until_its_proof(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    extract(archive, folder)

    with pytest.raises(OperatorError, match="a restore into it goes on"):
        extract(archive, folder)
    with pytest.raises(OperatorError, match="a restore into it goes on"):
        keep_private(folder)
    finish(folder)
    keep_private(folder)


def test_a_disk_that_fills_is_named_and_not_the_archive(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("streamprocessor.cli.backup.archive._new_file", full)
    with pytest.raises(OperatorError, match=f"{tmp_path / 'new'}: can't be written: No space left on device"):
        extract(archive, tmp_path / "new")
    monkeypatch.setattr(os, "write", full)
    with (
        pytest.raises(OperatorError, match=r"another.tar.gz.part: can't be written: No space left on device"),
        new_archive(tmp_path / "another.tar.gz") as writer,
    ):
        writer.describe(Description(FORMAT, "1", 0, "", "app", {}, {}))
    assert not list(tmp_path.glob("another*"))


def test_what_a_killed_backup_left_is_not_written_into(tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.write_bytes(b"of others")
    (tmp_path / "backup.tar.gz.part").symlink_to(others)

    with new_archive(tmp_path / "backup.tar.gz"):
        pass

    assert others.read_bytes() == b"of others"
    assert stat.S_IMODE((tmp_path / "backup.tar.gz").lstat().st_mode) == 0o600
