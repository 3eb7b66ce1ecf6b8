"""What the doors make of tellings, by the doors' own functions in this process: the records that they would write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from streamprocessor.collector.formats.registry import all_formats
from streamprocessor.collector.http.permissions import permitted
from streamprocessor.collector.http.validation import check_entries
from streamprocessor.collector.http.wire_format import HttpRequest, WireFormat
from streamprocessor.collector.metrics import Metrics
from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.imports.rows import ImportRow
from streamprocessor.settings import Settings
from tests.faults.people.chance import CONTACT_IDS
from tests.faults.people.wire import BROWSER_KEY, HOOKS, Post, Request, Row, Telling, csv_text, mapping_of
from tests.harness.collectors import KEY
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.mapped_files import read_csv, read_mapping
from tests.harness.system import Sent

KINDS = {BROWSER_KEY: KeyKind.BROWSER, KEY: KeyKind.WRITE}
MS_APART = 50
"""How long after one another requests come; those of one double click do at once."""


def lines_of(tellings: Sequence[Telling], now_ms: int, folder: Path) -> list[bytes]:
    """The records as lines of a file; each request that was refused, even in part, fails."""
    settings = Settings(data_dir=str(folder)).model_copy(update=HOOKS)
    formats = {path: each for each in all_formats(settings, CONTACT_IDS) for _, path in each.routes}
    lines: list[bytes] = []
    requests = [request for telling in tellings if isinstance(telling, Post) for request in telling.requests]
    for number, request in enumerate(requests):
        wire_format = formats["/f/{form}" if request.path.startswith("/f/") else request.path]
        lines += _records_of(wire_format, request, now_ms + MS_APART * number)
    lines += [_line(telling.key, telling.value) for telling in tellings if isinstance(telling, Sent)]
    return [*lines, *_imported([telling for telling in tellings if isinstance(telling, Row)])]


def _records_of(wire_format: WireFormat, told: Request, at_ms: int) -> Iterator[bytes]:
    headers = {name.lower(): value for name, value in told.headers.items()}
    asked = HttpRequest("POST", told.path, "", headers, told.body, told.body, at_ms, "203.0.113.9")
    parsed = wire_format.parse(asked)
    decoded = wire_format.decode(asked, parsed)
    entries, refused = decoded.entries, decoded.refused
    if wire_format.needs_key:
        entries, refused = permitted(wire_format.name, KINDS[parsed.key or ""], decoded, Metrics())
    checked = check_entries(entries, INPUT_TOPICS, at_ms)
    assert (refused, checked.refused) == ([], []), told
    for record in checked.records:
        yield record.value


def _imported(rows: Sequence[Row]) -> Iterator[bytes]:
    for export in sorted({row.export for row in rows}):
        mapping = read_mapping(mapping_of(export))
        text = csv_text(sorted(mapping.columns()), (row.cells for row in rows if row.export == export))
        for row in read_csv(text.encode().splitlines(keepends=True), mapping, export, None, CONTACT_IDS):
            assert isinstance(row, ImportRow), row
            yield _line(row.contact_id.encode(), row.value)


def _line(key: bytes | None, value: Any) -> bytes:
    assert key is not None
    return orjson.dumps({"contact_id": key.decode(), **value})
