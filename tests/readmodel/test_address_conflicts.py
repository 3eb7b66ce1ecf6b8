"""Who shares a mail address with another contact is shown that one, by name."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.readmodel.responses.address_conflicts import address_rivals
from streamprocessor.scoring.record.facts import AttributesWritten
from streamprocessor.scoring.record.links import ChildEvidence, EvidenceSource, IdentityLinks, Rivals
from streamprocessor.scoring.record.record import Record
from tests.harness.apis import ALL, bearer
from tests.readmodel.api_apps import CONTACT_IDS, NOW_MS, SCORER, ApiApp, store_records
from tests.readmodel.databases import opened_database

KIM, OLD = CONTACT_IDS.address("kim@example.com"), CONTACT_IDS.address("old@example.com")


def who_has(address: str, rivals: dict[str, Rivals]) -> Record:
    record = SCORER.blank()
    SCORER.apply_in_place(record, [AttributesWritten("u", NOW_MS, NOW_MS, {"email": address})])
    record.links = IdentityLinks(rivals=rivals)
    return record


def test_who_was_merged_into_the_contact_is_no_rival_of_it_any_more() -> None:
    record = who_has("kim@example.com", {KIM: Rivals(7, ("shop-3", "shop-4"))})
    assert record.links is not None
    record.links.children = {"shop-3": ChildEvidence(1, [EvidenceSource("shop-3", "crm-1", (1, "m"))])}

    assert [conflict.contact_id for conflict in address_rivals(record, ["email"], CONTACT_IDS)] == ["shop-4"]


async def test_a_contact_names_its_attribute_and_the_others_of_the_same_address(tmp_path: Path) -> None:
    owner = {KIM: Rivals(7, ("shop-3", "shop-4")), OLD: Rivals(8, ("crm-9",))}
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        records = {
            "crm-1": who_has(" Kim@example.com", owner),
            "shop-3": who_has("kim@example.com", {KIM: Rivals(7, ("crm-1",)), OLD: Rivals(9, ())}),
            "crm-5": who_has("kim@example.com", {}),
        }
        store_records(engine, records)
        http = ApiApp(engine, tmp_path).client(headers=bearer(ALL))
        answers = {contact: (await http.get(f"/api/contacts/{contact}")).json() for contact in records}

    nobody = {"display_name": None, "subtitle": None}
    conflicts = {contact: answer["address_conflicts"] for contact, answer in answers.items()}
    assert sorted(conflicts.pop("crm-1"), key=lambda conflict: conflict["contact_id"]) == [
        {"attribute": None, "contact_id": "crm-9"} | nobody,
        {"attribute": "email", "contact_id": "shop-3", "display_name": "kim@example.com", "subtitle": None},
        {"attribute": "email", "contact_id": "shop-4"} | nobody,
    ]
    owner_shown = {"attribute": "email", "contact_id": "crm-1", "display_name": "Kim@example.com", "subtitle": None}
    assert conflicts == {"shop-3": [owner_shown], "crm-5": []}
