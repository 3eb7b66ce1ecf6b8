"""Which known export a file is, told by its header; stands in until the real one comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamprocessor.imports.csv_mapping import CsvMapping, parse_mapping
from streamprocessor.imports.proposals.mapping_text import text_of


@dataclass(frozen=True, slots=True)
class KnownExport:
    """A mapping of the folder."""

    name: str
    title: str
    mapping: CsvMapping
    mapping_text: str


def known_exports(folder: Path) -> list[KnownExport]:
    """The mappings of the folder."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.yaml"))}
    return [KnownExport(name, name, parse_mapping(text, name), text) for name, text in texts.items()]


def recognise(header: Sequence[str], exports: Sequence[KnownExport]) -> KnownExport | None:
    """The export whose columns all are there, of several that with the most."""
    fitting = [export for export in exports if export.mapping.columns() <= set(header)]
    return max(fitting, key=lambda export: len(export.mapping.columns()), default=None)


def guess(header: Sequence[str], sample_rows: Sequence[Sequence[str]]) -> str:
    """A mapping as text."""
    address = next((name for name in header if "mail" in name.lower()), None)
    contact = {"address": address} if address else header[0]
    return text_of({"contact": contact, "attributes": {name.lower().replace(" ", "_"): name for name in header}})
