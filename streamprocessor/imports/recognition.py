"""Which program a table was exported by, told by its header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamprocessor.contract.strict_yaml.document import read_text
from streamprocessor.imports.csv_mapping import CsvMapping, parse_mapping
from streamprocessor.imports.tables.header import plain


@dataclass(frozen=True, slots=True)
class KnownExport:
    """An export that is known, and what its columns mean.

    name: of the mapping's file. title: what it is called.
    mapping_text: the mapping as it is written.
    """

    name: str
    title: str
    mapping: CsvMapping
    mapping_text: str


def known_exports(folder: Path) -> list[KnownExport]:
    """The exports that the folder's mappings say how to recognise, by name.

    Raises OperatorError where a mapping can't be read.
    """
    exports = []
    for path in sorted(folder.glob("*.yaml")):
        content = read_text(path, "a CSV mapping")
        mapping = parse_mapping(content, str(path))
        if (signs := mapping.recognise) is not None:
            exports.append(KnownExport(path.stem, signs.title, mapping, content))
    return exports


def recognise(header: Sequence[str], exports: Sequence[KnownExport]) -> KnownExport | None:
    """The export that has such a header; None: it is none of these.

    Of several it is that which asks for most columns, then that whose other columns are there most, then by name.
    """
    names = {plain(name) for name in header if name.strip()}
    fitting = [export for export in exports if _fits(export, names)]

    def order(export: KnownExport) -> tuple[int, int, str]:
        return -len(_needed(export)), -len(_others(export) & names), export.name

    return min(fitting, key=order, default=None)


def _fits(export: KnownExport, names: set[str]) -> bool:
    signs = export.mapping.recognise
    assert signs is not None
    also = set(map(plain, signs.also))
    if signs.is_all and not names <= _needed(export) | also:
        return False
    return _needed(export) <= names and (signs.is_all or not also or bool(also & names))


def _needed(export: KnownExport) -> set[str]:
    assert export.mapping.recognise is not None
    return set(map(plain, export.mapping.recognise.columns))


def _others(export: KnownExport) -> set[str]:
    assert export.mapping.recognise is not None
    return set(map(plain, export.mapping.columns() | export.mapping.recognise.also)) - _needed(export)
