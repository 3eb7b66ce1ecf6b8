"""What the columns of files mean, under names: mappings that people saved."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import orjson

from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.tables.header import plain
from streamprocessor.process.files.whole_file import write_whole
from streamprocessor.readmodel.gateways.kept_body import no_room
from streamprocessor.readmodel.problem import Problem

MOST_SAVED = 200
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A mapping that somebody saved.

    name: people read it. mapping_text: YAML.
    header: the columns of the file that it was made for; it is recognised by them.
    """

    name: str
    mapping_text: str
    header: list[str]


class SavedMappings:
    """The saved mappings of a folder, a file each; several processes may have it."""

    def __init__(self, folder: Path) -> None:
        """Keep them in the folder, which is made when it is first wanted."""
        self._folder = folder
        self._saving = threading.Lock()

    def all(self) -> list[SavedMapping]:
        """All of them, by their names."""
        saved = [_read(file) for file in self._folder.glob("*.json")]
        return sorted((mapping for mapping in saved if mapping is not None), key=lambda mapping: mapping.name)

    def get(self, name: str) -> SavedMapping | None:
        """The one of that name; None: there is none."""
        return _read(self._file(name))

    def save(self, mapping: SavedMapping) -> None:
        """Keep it in place of one of its name; raises Problem where there are too many already, or there is no room."""
        file = self._file(mapping.name)
        with self._saving:
            if not file.exists() and len(self.all()) >= MOST_SAVED:
                detail = f"mappings: wanted at most {MOST_SAVED}; there are as many: drop one first"
                raise Problem(409, "too-many-mappings", detail)
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                write_whole(file, orjson.dumps(mapping), is_shared=True)
            except OSError as error:
                raise no_room(error) from error

    def drop(self, name: str) -> None:
        """Delete the one of that name, where there is one."""
        self._file(name).unlink(missing_ok=True)

    def of_header(self, header: Sequence[str]) -> SavedMapping | None:
        """The one that was made for a file with just these columns; None: there is none."""
        names = _names(header)
        return next((mapping for mapping in self.all() if _names(mapping.header) == names), None)

    def alike(self, header: Sequence[str]) -> SavedMapping | None:
        """The one whose columns all are there, made for the file whose columns are most like these; None: none is."""
        names = _names(header)
        alike = [mapping for mapping in self.all() if _likeness(mapping, names) >= _ALIKE]
        alike.sort(key=lambda mapping: -_likeness(mapping, names))
        return next((mapping for mapping in alike if _fits(mapping, names)), None)  # to read them all takes long

    def _file(self, name: str) -> Path:
        """Of a name as people write it, which need not be one of a file."""
        return self._folder / f"{blake2b(name.encode(), digest_size=16).hexdigest()}.json"


def _read(file: Path) -> SavedMapping | None:
    """What is saved there; None: nothing, or what a power cut left half written."""
    try:
        return SavedMapping(**orjson.loads(file.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _names(columns: Iterable[str]) -> set[str]:
    return set(map(plain, columns))


def _fits(mapping: SavedMapping, names: set[str]) -> bool:
    """Whether all columns that the mapping needs are there; one that this version can't read any more fits nothing."""
    try:
        return _names(parse_mapping(mapping.mapping_text, "mapping").needed_columns()) <= names
    except OperatorError:
        return False


def _likeness(mapping: SavedMapping, names: set[str]) -> float:
    """How much of both headers stands in both, 0 to 1."""
    own = _names(mapping.header)
    return len(names & own) / max(1, len(names | own))
