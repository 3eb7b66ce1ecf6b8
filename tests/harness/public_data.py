"""The public data of ../shared/data as the imports read it, for the tests that score it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from streamprocessor.contract.events.events import decode_fact
from streamprocessor.imports.access_log import read_access_log
from streamprocessor.imports.importer import checked
from streamprocessor.imports.rows import ImportRow, ReadRow
from streamprocessor.scoring.record.facts import Fact
from tests.harness.mapped_files import read_csv, read_mapping

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
MARKETO = {
    "opens": "activity_open_email.csv",
    "clicks": "activity_click_email.csv",
    "unsubscribes": "activity_unsubscribe_email.csv",
    "deliveries": "activity_email_delivered.csv",
}
NOW_MS = 1_795_334_400_000
AFTER_THE_LOG_MS = 1_432_200_000_000  # 2015-05-21
AFTER_THE_MAILS_MS = 1_589_500_800_000  # 2020-05-15


def read_log() -> list[ReadRow]:
    with (DATA / "apache_access.log").open("rb") as lines:
        return list(checked(read_access_log(lines), NOW_MS))


def read_marketo(kind: str) -> Iterator[ReadRow]:
    mapping = read_mapping(ROOT / "deploy" / "imports" / f"marketo-{kind}.yaml")
    with (DATA / "marketo" / MARKETO[kind]).open("rb") as lines:
        yield from checked(read_csv(lines, mapping, MARKETO[kind]), NOW_MS)


def all_mails() -> list[ImportRow]:
    return [row for kind in MARKETO for row in read_marketo(kind) if isinstance(row, ImportRow)]


def facts_of(rows: Iterable[ImportRow]) -> dict[str, list[Fact]]:
    facts: dict[str, list[Fact]] = {}
    for row in rows:
        fact = decode_fact(row.value, row.contact_id, NOW_MS)
        assert isinstance(fact, Fact), fact  # no row of the public data joins or erases contacts
        facts.setdefault(row.contact_id, []).append(fact)
    return facts
