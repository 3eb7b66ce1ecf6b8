"""What becomes of news about leads, step by step."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from sqlalchemy import Connection

from streamprocessor.contract.lead_types import LEAD_ACCEPTED, LEAD_ASSIGNED, LEAD_CALLED
from streamprocessor.delivery.contacts import MERGED_CONTACT, UNKNOWN_CONTACT, ContactFacts
from streamprocessor.delivery.deliveries import Delivery, contact_of
from streamprocessor.delivery.inbox.desk import ActNews, InboxDesk
from streamprocessor.delivery.inbox.payloads import AlertWording
from streamprocessor.delivery.store.contact_rows import write_contacts
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.lead_rows import events_kept, forget_events, forget_old_leads, read_lead
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.inbox.acts import act_id_of, read_act
from streamprocessor.inbox.alerts import HOUR_MS
from streamprocessor.inbox.episode import LeadAct
from streamprocessor.inbox.inbox_file import parse_inbox_file
from tests.delivery.leads import FRIDAY_MS, Lead

RULES = parse_inbox_file(
    """
people:
  mia: {webhook: "https://a", quiet_hours: 07:00-10:00}
  tom: {webhook: "https://b"}
  ann: {}
owners:
  - {attributes: [{attribute: country, equals: AT}], owner: ann}
  - {attributes: [{attribute: country, exists: true}], owner: mia}
  - {attributes: [{attribute: company, exists: true}], owner: [mia, tom]}
due: {business_time: 2h}
escalate_to: [tom]
""",
    "inbox.yaml",
)
JANE = Lead("jane", 1)
EPISODE = JANE.announcement().id


class Desk:
    """A desk with a store, and Kafka, which gives back at once what it gets."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.desk = InboxDesk(RULES, AlertWording(RULES, Phrases()), {"mia": "inbox.mia", "tom": "inbox.tom"})
        store.within(lambda rows: self.desk.begin(rows, FRIDAY_MS))

    def become_hot(self, lead: Lead = JANE, **attributes: str) -> list[LeadAct]:
        """The events that Kafka got."""
        return self.become_hot_of(lead, ContactFacts(attributes))

    def become_hot_of(self, lead: Lead, facts: ContactFacts) -> list[LeadAct]:
        """The same of a contact of whom this is known."""
        self.store.within(lambda rows: self.desk.take_hot_lead(rows, lead.announcement(), facts))
        kept = self.store.within(events_kept)
        self.store.within(lambda rows: forget_events(rows, [row.event_id for row in kept]))
        acts = [read_act(row.contact_id, row.value, [], FRIDAY_MS) for row in kept]
        found = [act for act in acts if act is not None]
        for act in found:
            self.take(act, contact_id=lead.contact_id)
        return found

    def take(self, act: LeadAct, arrival_ms: int = FRIDAY_MS, contact_id: str = "jane") -> None:
        self.store.within(lambda rows: self.desk.take_act(rows, ActNews(contact_id, act, arrival_ms)))

    def send(self, after_ms: int = 0) -> list[tuple[str, str]]:
        """Who was told what so long after Friday's eight o'clock."""

        def work(rows: Connection) -> list[Delivery]:
            return self.desk.send(rows, FRIDAY_MS + after_ms).deliveries

        return [(each.subscription, orjson.loads(each.body)["event"]) for each in self.store.queue_of(work)]


@pytest.fixture
def desk() -> Iterator[Desk]:
    store = Store(Database("sqlite://"))
    yield Desk(store)
    store.close()


def done(act_type: str, rounds: int = 1, to: str | None = None) -> LeadAct:
    return LeadAct(act_id_of(EPISODE, act_type, rounds, to), act_type, EPISODE, "engagement", "ops", FRIDAY_MS, to)


def test_a_lead_gets_its_owner_and_the_owner_is_told_when_the_quiet_hours_end(desk: Desk) -> None:
    [act] = desk.become_hot(country="DE")
    assert (act.type, act.by, act.to, act.due_ms) == (LEAD_ASSIGNED, "system", "mia", FRIDAY_MS + 3 * HOUR_MS)
    assert desk.send() == []
    assert desk.send(2 * HOUR_MS) == [("inbox.mia", "lead-assigned")]
    assert desk.send(2 * HOUR_MS) == []


def test_an_alert_is_not_late_by_the_quiet_hours_that_it_waited_for(desk: Desk) -> None:
    desk.become_hot(country="DE")
    sent = desk.store.within(lambda rows: desk.desk.send(rows, FRIDAY_MS + 2 * HOUR_MS + 3_000))
    assert [(each.at_ms, each.queued_ms) for each in sent.deliveries] == [
        (FRIDAY_MS + 2 * HOUR_MS, FRIDAY_MS + 2 * HOUR_MS + 3_000)
    ]


def test_the_same_hot_lead_again_is_no_second_one(desk: Desk) -> None:
    assert len(desk.become_hot(country="DE")) == 1
    assert desk.become_hot(country="AT") == []


def test_a_contact_that_becomes_hot_again_stays_with_whom_it_was_given_and_nobody_has_a_turn_with_it(
    desk: Desk,
) -> None:
    assert [act.to for act in desk.become_hot(company="Acme")] == ["mia"]
    desk.take(done(LEAD_ASSIGNED, to="tom"))
    assert [act.to for act in desk.become_hot(Lead("jane", 2), company="Acme")] == ["tom"]
    assert [act.to for act in desk.become_hot(Lead("kim", 1), company="Acme")] == ["tom"]
    assert [act.to for act in desk.become_hot(Lead("lee", 1), company="Acme")] == ["mia"]


def test_whoever_is_given_a_lead_is_told_and_the_one_before_no_more(desk: Desk) -> None:
    desk.become_hot(country="DE")
    desk.take(done(LEAD_ASSIGNED, to="tom"))
    assert desk.send(1) == [("inbox.tom", "lead-assigned")]
    assert desk.send(2 * HOUR_MS) == []


def test_a_lead_that_is_called_before_its_owner_is_told_is_told_to_nobody(desk: Desk) -> None:
    desk.become_hot(country="DE")
    desk.take(done(LEAD_CALLED))
    assert desk.send(9 * HOUR_MS) == []


def test_a_lead_that_nobody_called_in_time_is_told_to_others_once(desk: Desk) -> None:
    desk.become_hot(country="AT")  # Ann can't be reached
    assert desk.send(3 * HOUR_MS - 1) == []
    assert desk.send(3 * HOUR_MS) == [("inbox.tom", "lead-overdue")]
    assert desk.send(4 * HOUR_MS) == []


def test_a_lead_that_is_opened_again_may_be_late_again(desk: Desk) -> None:
    desk.become_hot(country="AT")
    assert desk.send(3 * HOUR_MS) == [("inbox.tom", "lead-overdue")]
    desk.take(done(LEAD_ACCEPTED))
    desk.take(replace_due(done(LEAD_ASSIGNED, 1, "ann"), 5))
    assert desk.send(4 * HOUR_MS) == []
    assert desk.send(5 * HOUR_MS) == [("inbox.tom", "lead-overdue")]


def replace_due(act: LeadAct, hours: int) -> LeadAct:
    return act._replace(due_ms=FRIDAY_MS + hours * HOUR_MS)


def test_what_was_done_before_this_database_began_is_known_and_told_to_nobody(desk: Desk) -> None:
    before = replace_due(done(LEAD_ASSIGNED, 0, "tom"), -1)
    desk.take(before, arrival_ms=FRIDAY_MS - 1)
    assert desk.send(1) == []
    assert desk.become_hot(country="DE") == []


def test_of_an_erased_contact_nobody_is_told_and_nothing_is_kept(desk: Desk) -> None:
    desk.become_hot(country="DE")
    desk.store.queue([], {}, ["jane"])
    assert desk.send(9 * HOUR_MS) == []
    assert desk.store.within(lambda rows: read_lead(rows, EPISODE)) is None


def test_of_a_contact_that_was_merged_into_another_nobody_is_told(desk: Desk) -> None:
    desk.become_hot(country="AT")
    desk.store.within(lambda rows: write_contacts(rows, {"jane": MERGED_CONTACT}))
    assert desk.send(3 * HOUR_MS) == []


def test_a_message_about_many_is_about_no_contact_whatever_that_is_called(desk: Desk) -> None:
    contacts = ["inbox", *(f"c-{number}" for number in range(5))]
    for contact_id in contacts:
        desk.become_hot(Lead(contact_id, 1), country="DE")
    assert [event for _, event in desk.send(2 * HOUR_MS)] == ["lead-assigned"] * 4 + ["leads-gathered"]
    desk.store.queue([], {}, contacts)
    (left,) = desk.store.recent("inbox.mia", 10)
    assert contact_of(left.contact_id) is None


def test_what_an_event_of_another_contact_says_of_a_lead_counts_for_nothing(desk: Desk) -> None:
    desk.take(done(LEAD_ACCEPTED, 0), contact_id="eve")  # before the lead itself
    assert len(desk.become_hot(country="AT")) == 1
    desk.take(done(LEAD_CALLED), contact_id="eve")
    desk.take(done(LEAD_ASSIGNED, to="tom"), contact_id="eve")
    assert desk.send(3 * HOUR_MS) == [("inbox.tom", "lead-overdue")]


@pytest.mark.parametrize("facts", [UNKNOWN_CONTACT, ContactFacts({"country": "AT"}, erased_ms=JANE.at_ms)])
def test_a_lead_whose_contact_was_erased_meanwhile_is_none_and_does_not_begin_the_contact_anew(
    desk: Desk, facts: ContactFacts
) -> None:
    assert desk.become_hot_of(JANE, facts) == []
    assert desk.send(3 * HOUR_MS) == []

    assert len(desk.become_hot_of(JANE, ContactFacts({"country": "AT"}, erased_ms=JANE.at_ms - 1))) == 1


def test_old_leads_are_forgotten(desk: Desk) -> None:
    desk.become_hot(country="DE")
    desk.become_hot(Lead("joe", 1, FRIDAY_MS + 1), country="DE")
    desk.store.within(lambda rows: forget_old_leads(rows, FRIDAY_MS + 1))
    assert desk.store.within(lambda rows: read_lead(rows, EPISODE)) is None
    assert desk.store.within(lambda rows: read_lead(rows, "inc:joe:engagement:1")) is not None
