"""Addresses bind in a file as they do in workers: by the collectors' salt where the file has contacts of theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.offline.score_file import read_facts, score_offline, with_identities
from tests.cli.conftest import Call, call
from tests.scoring.identity.cases import FIFTY_A_FORM

__all__ = ["call"]

SALT = "the collectors' salt"
KIM = ContactIds(SALT).address("kim.lee@example.com")
START_MS, MINUTE_MS = 1_760_000_000_000, 60_000


def line(contact_id: str, minute: int, **content: Any) -> dict[str, Any]:
    return {"contact_id": contact_id, "occurred_at": START_MS + minute * MINUTE_MS, **content}


def form(contact_id: str, minute: int) -> dict[str, Any]:
    return line(contact_id, minute, id=f"e{minute}", type="form_submission")


def email(contact_id: str, minute: int, address: str) -> dict[str, Any]:
    return line(contact_id, minute, update="attributes", attributes={"email": address})


THREE_DOORS = [form("crm-1", 1), email("crm-1", 2, "Kim.Lee@Example.com"), form(KIM, 3)]
BY_A_VISITOR = [form("anon:v", 1), email("anon:v", 2, "kim.lee@example.com"), email("crm-1", 3, "Kim.Lee@Example.com")]


def encoded(lines: list[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(each).encode() for each in lines]


def scores_of(lines: list[dict[str, Any]], salt: str, identity: str = "") -> dict[str, int]:
    model = parse_model(FIFTY_A_FORM + identity, "test")
    facts = with_identities(model, read_facts(encoded(lines), lambda bad: pytest.fail(str(bad))), salt)
    answers = score_offline(model, facts, START_MS + 10 * MINUTE_MS)
    return {answer["contact_id"]: answer["scores"]["engagement"]["score"] for answer in answers}


def test_a_contact_has_what_was_done_under_its_address() -> None:
    assert scores_of(THREE_DOORS, SALT) == {"crm-1": 100}
    assert scores_of(list(reversed(THREE_DOORS)), SALT) == {"crm-1": 100}


def test_without_the_collectors_salt_addresses_of_the_file_still_are_the_same_ones() -> None:
    assert scores_of(BY_A_VISITOR, "") == scores_of(BY_A_VISITOR, SALT) == {"crm-1": 50}


def test_of_two_contacts_with_one_address_the_first_has_what_was_done_under_it() -> None:
    said = [email("shop-3", 4, "kim.lee@example.com"), *THREE_DOORS]
    assert scores_of(said, SALT) == {"crm-1": 100, "shop-3": 0}


def test_a_model_says_which_attributes_are_addresses() -> None:
    assert scores_of(THREE_DOORS, SALT, "identity: {addresses: []}") == {"crm-1": 50, KIM: 50}
    assert scores_of(THREE_DOORS, SALT, "identity: {addresses: [work_email]}") == {"crm-1": 50, KIM: 50}


@pytest.mark.parametrize(("salt", "code"), [(SALT, 0), ("", 2)])
def test_score_says_whose_salt_it_wants_where_the_file_has_contacts_of_collectors(
    call: Call, tmp_path: Path, salt: str, code: int
) -> None:
    events, model = tmp_path / "events.jsonl", tmp_path / "model.yaml"
    events.write_bytes(b"\n".join(encoded(THREE_DOORS)))
    model.write_text(FIFTY_A_FORM)
    environment = {"STREAMPROCESSOR_ADDRESS_SALT": salt, "STREAMPROCESSOR_DATA_DIR": str(tmp_path)}

    end: Result = call("score", "--model", model, "--events", events, "--json", env=environment)

    assert end.exit_code == code
    if code:
        assert "STREAMPROCESSOR_ADDRESS_SALT: wanted the collectors' secret" in end.stderr
    else:
        assert json.loads(end.stdout)["contact_id"] == "crm-1"
