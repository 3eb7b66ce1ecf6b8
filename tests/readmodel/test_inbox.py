"""The inbox over HTTP: what people do becomes events, and from the events alone comes what they see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.contract.lead_types import LEAD_ACCEPTED
from streamprocessor.contract.topic_names import ACTIVITIES, BECAME_HOT_LEAD
from streamprocessor.inbox.acts import event_of, lead_id_of
from streamprocessor.inbox.alerts import HOUR_MS
from streamprocessor.inbox.episode import LeadAct
from streamprocessor.readmodel.projection.changes import changes_of
from streamprocessor.readmodel.projection.writes import write
from streamprocessor.readmodel.store.database import epoch_of, reading
from streamprocessor.readmodel.store.rows import no_rows
from tests.delivery.leads import Lead
from tests.harness.apis import ALL, NO_ERASE, READ_ONLY
from tests.readmodel.api_apps import NOW_MS, SCORER, ApiApp, store_contacts
from tests.readmodel.databases import opened_database
from tests.readmodel.inbox_story import InboxStory, record_of

OPS, CRM, READER = ALL, NO_ERASE, READ_ONLY


@pytest.fixture
def kafka(database_url: str, tmp_path: Path) -> Iterator[InboxStory]:
    with opened_database(database_url, tmp_path / "read.sqlite") as engine:
        store_contacts(engine, ["jane", "joe", "eve"])
        yield InboxStory(engine, tmp_path)


JANE, JOE, EVE = (
    Lead(contact, 1, NOW_MS - hours * HOUR_MS) for hours, contact in ((3, "jane"), (2, "joe"), (1, "eve"))
)


def states(page: Any) -> dict[str, str]:
    return {lead["contact_id"]: lead["state"] for lead in page["leads"]}


async def test_what_is_due_first_stands_first_and_what_never_is_stands_last(kafka: InboxStory) -> None:
    kafka.become_hot(JANE, JOE, EVE, Lead("jane", 2, NOW_MS - 1))
    kafka.assign(JOE, "ops", NOW_MS + 2)
    kafka.assign(EVE, "crm", NOW_MS - 2)
    page = await kafka.ask()
    assert [(lead["contact_id"], lead["owner"], lead["overdue"]) for lead in page["leads"]] == [
        ("eve", "crm", True),
        ("joe", "ops", False),
        ("jane", None, False),
        ("jane", None, False),
    ]
    assert page["counts"] == {"mine": 1, "nobodys": 2, "all": 4, "overdue": 1}
    first = await kafka.ask(limit=3)
    assert len(first["leads"]) == 3
    assert (await kafka.ask(limit=3, cursor=first["next"]))["leads"] == page["leads"][3:]


@pytest.mark.parametrize(
    ("query", "contacts"),
    [
        ({}, {"jane", "joe", "eve"}),
        ({"owner": "me"}, {"joe"}),
        ({"owner": "crm"}, {"eve"}),
        ({"owner": "nobody"}, {"jane"}),
        ({"overdue": True}, {"eve"}),
        ({"owner": "me", "overdue": True}, set()),
        ({"state": "closed"}, set()),
        ({"state": "new"}, {"jane", "joe", "eve"}),
        ({"state": "called"}, set()),
    ],
)
async def test_a_list_holds_those_that_are_asked_for(
    kafka: InboxStory, query: dict[str, Any], contacts: set[str]
) -> None:
    kafka.become_hot(JANE, JOE, EVE)
    kafka.assign(JOE, "ops", NOW_MS + 2)
    kafka.assign(EVE, "crm", NOW_MS - 2)
    assert states(await kafka.ask(**query)).keys() == contacts


async def test_an_accepted_lead_leaves_the_open_ones_and_kafka_has_the_event(kafka: InboxStory) -> None:
    kafka.become_hot(JANE)
    kafka.assign(JANE, "ops", NOW_MS + 1)
    seen = await kafka.act(JANE, "seen")
    assert (seen.status_code, seen.json()["state"]) == (202, "seen")
    assert (await kafka.act(JANE, "called")).json()["state"] == "called"
    accepted = (await kafka.act(JANE, "accepted")).json()
    assert [(done["act"], done["by"], done["to"]) for done in accepted["done"]] == [
        ("assigned", "system", "ops"),
        ("seen", "ops", None),
        ("called", "ops", None),
        ("accepted", "ops", None),
    ]
    assert (await kafka.ask())["leads"] == []
    assert (await kafka.ask(state="accepted"))["leads"] == [accepted]
    last = kafka.app.producer.sent[-1]
    assert (last.topic, last.key) == ("activities", b"jane")
    assert last.value == {
        "id": last.value["id"],
        "contact_id": "jane",
        "type": "lead_accepted",
        "occurred_at": "2026-11-22T08:00:00.000Z",
        "properties": {"episode": "inc:jane:engagement:1", "score_name": "engagement", "by": "ops"},
    }


async def test_a_repeat_is_no_second_act(kafka: InboxStory) -> None:
    kafka.become_hot(JANE)
    kafka.assign(JANE, "ops")
    for _ in range(2):
        for act, body in (("seen", {}), ("called", {}), ("rejected", {"reason": "no budget"})):
            answer = await kafka.act(JANE, act, **body)
            assert answer.status_code in (202, 409), answer.text
    assert [record.value["type"] for record in kafka.app.producer.sent] == ["lead_seen", "lead_called", "lead_rejected"]
    kafka.project(ACTIVITIES, [record_of("jane", each.value, 100 + n) for n, each in enumerate(kafka.activities)])
    [lead] = (await kafka.ask(state="rejected"))["leads"]
    assert (lead["reason"], len(lead["done"])) == ("no budget", 4)


async def test_a_lead_is_given_to_another_and_a_closed_one_is_taken_up_again_with_a_new_due_instant(
    kafka: InboxStory,
) -> None:
    kafka.become_hot(JANE)
    kafka.assign(JANE, "ops", NOW_MS - 1)
    assert (await kafka.act(JANE, "assigned", to="crm")).json()["owner"] == "crm"
    [lead] = (await kafka.ask(CRM, owner="me"))["leads"]
    assert (lead["state"], lead["overdue"]) == ("new", True)
    assert (await kafka.act(JANE, "accepted", CRM)).json()["state"] == "accepted"
    assert (await kafka.act(JANE, "assigned", to="ops")).status_code == 409
    reopened = (await kafka.act(JANE, "reopened")).json()
    assert (reopened["state"], reopened["owner"], reopened["overdue"]) == ("new", "crm", False)
    assert (await kafka.act(JANE, "accepted", CRM)).json()["state"] == "accepted"


@pytest.mark.parametrize(
    ("act", "body", "status", "words"),
    [
        ("rejected", {"reason": "dislike"}, 400, "reason: wanted one of no budget, wrong person"),
        ("rejected", {}, 400, "reason: wanted one of"),
        ("called", {"reason": "no budget"}, 400, "reason: wanted it with `rejected` alone"),
        ("assigned", {}, 400, "to: wanted"),
        ("called", {"to": "crm"}, 400, "to: wanted"),
        ("assigned", {"to": "nobody-such"}, 400, "to: wanted one of ops, crm"),
        ("reopened", {}, 409, "got one that is new"),
        ("sold", {}, 400, "act: "),
        ("rejected", {"reason": "no\0budget"}, 400, "reason: "),
    ],
)
async def test_what_can_not_be_done_is_refused_and_kafka_has_nothing(
    kafka: InboxStory, act: str, body: dict[str, str], status: int, words: str
) -> None:
    kafka.become_hot(JANE)
    answer = await kafka.act(JANE, act, **body)
    assert (answer.status_code, kafka.app.producer.sent) == (status, [])
    assert words in answer.json()["detail"]


async def test_a_lead_is_taken_up_again_whose_rules_came_after_somebody_had_closed_it(kafka: InboxStory) -> None:
    kafka.become_hot(JANE)
    await kafka.act(JANE, "rejected", reason="no budget")
    kafka.assign(JANE, None, NOW_MS + 5)
    assert (await kafka.ask(state="rejected"))["leads"]
    assert (await kafka.act(JANE, "reopened")).json()["state"] == "new"
    assert states(await kafka.ask()) == {"jane": "new"}


async def test_an_event_of_another_contact_does_nothing_with_a_lead(kafka: InboxStory) -> None:
    def forged(lead: Lead) -> bytes:
        episode = lead.announcement().id
        return event_of("eve", LeadAct("forged", LEAD_ACCEPTED, episode, "engagement", "eve", NOW_MS))

    kafka.become_hot(JANE)
    kafka.take("eve", forged(JANE))
    kafka.take("eve", forged(JOE))  # before the lead itself
    kafka.become_hot(JOE)
    page = await kafka.ask()
    assert states(page) == {"jane": "new", "joe": "new"}
    assert [lead["done"] for lead in page["leads"]] == [[], []]


async def test_who_may_not_read_learns_nothing_of_a_lead_and_does_nothing_with_it(kafka: InboxStory) -> None:
    kafka.become_hot(JANE)
    kafka.app = ApiApp(kafka.engine, kafka.folder, tokens="hooks/write=hooks,gdpr/erase=gdpr")
    for token in ("hooks", "gdpr"):
        answer = await kafka.act(JANE, "called", token)
        assert (answer.status_code, kafka.app.producer.sent) == (403, [])
        assert "jane" not in answer.text


async def test_nobody_acts_under_the_name_by_which_the_rules_do(kafka: InboxStory) -> None:
    kafka.become_hot(JANE)
    kafka.app = ApiApp(kafka.engine, kafka.folder, tokens="system/read+write=rules")
    answer = await kafka.act(JANE, "called", "rules")
    assert (answer.status_code, answer.json()["code"], kafka.app.producer.sent) == (403, "not-a-person", [])


async def test_who_may_only_read_does_nothing_and_nobody_sees_it_without_a_token(kafka: InboxStory) -> None:
    kafka.become_hot(JANE)
    assert (await kafka.act(JANE, "seen", READER)).status_code == 403
    async with kafka.app.client() as client:
        assert (await client.get("/api/inbox")).status_code == 401
    assert (await kafka.ask(READER))["me"] is None
    assert (await kafka.act(JOE, "seen")).status_code == 404


async def test_acts_that_come_before_their_lead_and_a_read_model_made_anew_show_the_same(
    kafka: InboxStory, tmp_path: Path
) -> None:
    kafka.become_hot(JANE, JOE, EVE)
    kafka.assign(JANE, "ops", NOW_MS + 5)
    kafka.assign(JOE, "crm", NOW_MS + 1)
    await kafka.act(JANE, "called")
    await kafka.act(JOE, "rejected", reason="wrong person")
    await kafka.act(EVE, "assigned", to="crm")
    shown = [await kafka.ask(), await kafka.ask(state="closed")]
    for first, second in (("hot_leads", "activities"), ("activities", "hot_leads")):
        with opened_database("", tmp_path / f"{first}.sqlite") as engine:
            store_contacts(engine, ["jane", "joe", "eve"])
            folder = tmp_path / first
            folder.mkdir()
            anew = InboxStory(engine, folder)
            for name in (first, second):
                topic = {"hot_leads": BECAME_HOT_LEAD, "activities": ACTIVITIES}[name]
                anew.project(topic, getattr(kafka, name))
            assert [await anew.ask(), await anew.ask(state="closed")] == shown


async def test_of_an_erased_contact_nothing_is_left(kafka: InboxStory) -> None:
    kafka.become_hot(JANE, JOE)
    kafka.assign(JANE, "ops")
    with reading(kafka.engine) as connection:
        epoch = epoch_of(connection)
    changes = changes_of(SCORER, {}, 1)
    changes.contacts["jane"] = no_rows("jane", NOW_MS)
    write(kafka.engine, epoch, changes, NOW_MS)
    assert states(await kafka.ask()).keys() == {"joe"}
    assert (await kafka.act(JANE, "seen")).status_code == 404


async def test_the_audit_names_the_lead_and_no_contact(kafka: InboxStory) -> None:
    kafka.become_hot(JANE)
    await kafka.act(JANE, "called")
    line = next(each for each in kafka.app.audited() if each["operation"] == "act_on_lead")
    assert (line["who"], line["object"], line["status"]) == ("ops", lead_id_of(JANE.announcement().id), 202)
    assert "jane" not in kafka.app.audit_file.read_text()
