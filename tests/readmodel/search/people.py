"""People in the tables who can be searched for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from streamprocessor.scoring.record.facts import AttributesWritten
from tests.readmodel.api_apps import NOW_MS, SCORER, store_records

PEOPLE: dict[str, dict[str, Any]] = {
    "c-42": {"first_name": "Jane", "last_name": "Smith", "company": "ACME Corp", "email": "jane.smith@acme.example"},
    "c-420": {"first_name": "Janet", "last_name": "Smithers", "company": "Contoso"},
    "C-7": {"full_name": "Zoë O'Brien-Ørsted", "job_title": "CEO", "company": "Müller & Söhne"},
    "shop/3": {"email": "j.smith@gmail.example"},
    "c-9": {"name": "山田太郎", "company": "Acme Asia"},
    "c-10": {"name": "Alexander Dubois", "company": "Northwind"},
    "..": {"name": "%_\\ '; DROP TABLE contacts"},
    "c-11": {"company": "Jane & Sons"},
}


def store_people(engine: Engine, people: Mapping[str, Mapping[str, Any]] = PEOPLE) -> None:
    """Put contacts with these attributes into the tables, the way of what comes from Kafka."""
    records = {}
    for contact_id, attributes in people.items():
        records[contact_id] = record = SCORER.blank()
        SCORER.apply_in_place(record, [AttributesWritten("a", NOW_MS, NOW_MS, dict(attributes))])
    store_records(engine, records)
