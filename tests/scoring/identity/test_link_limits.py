"""What browsers claim takes nobody's place: of the contacts merged into one, theirs leave for those of others."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.identity.link_limits import MOST_CHILDREN, MOST_CLAIMS
from streamprocessor.scoring.identity.linking import TOO_MANY_SOURCES
from streamprocessor.scoring.record.facts import BROWSER_RANK, SERVER_RANK, Event, Merged
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import ClaimTransfer, EvidenceTransfer
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.against_oracle import presented_nano
from tests.scoring.identity.cases import FIFTY_A_FORM
from tests.scoring.identity.linked_contacts import LinkedContacts

START_MS = 1_760_000_000_000
SEEN = 3
SCORER = Scorer(parse_model(FIFTY_A_FORM, "test"))


def identified(contacts: LinkedContacts, contact: str, visitor: str, at_ms: int, rank: int) -> None:
    contacts.deliver(contact, Merged(f"i-{visitor}-{contact}", at_ms, at_ms, visitor, True, rank))


def visited(contacts: LinkedContacts, visitor: str, at_ms: int) -> None:
    contacts.deliver(visitor, Event(f"e-{visitor}", "form_submission", at_ms, at_ms, {"form": visitor}, {}))


@cache
def records_full_of_browsers() -> dict[str, Record]:
    """Those of Jane and of the visitors that browsers gave her, as many as may be hers; the youngest have been seen."""
    contacts = LinkedContacts(SCORER, Random(0), repeats=False)
    for n in range(MOST_CHILDREN):
        identified(contacts, "jane", f"anon:junk-{n:03}", START_MS + n, BROWSER_RANK)
    contacts.run_until_idle()
    for n in range(MOST_CHILDREN - SEEN, MOST_CHILDREN):
        visited(contacts, f"anon:junk-{n:03}", START_MS + n)
    contacts.run_until_idle()
    names = ("jane", *(f"anon:junk-{n:03}" for n in range(MOST_CHILDREN)))
    return {name: contacts.record(name) for name in names}


def full_of_browsers(seed: int = 0) -> LinkedContacts:
    """Jane, whom browsers gave as many visitors as may be hers."""
    contacts = LinkedContacts(SCORER, Random(seed))
    for name, record in records_full_of_browsers().items():
        contacts.put(name, record)
    return contacts


def points_of(contacts: LinkedContacts, contact: str) -> float:
    record = contacts.record(contact)
    presented = presented_nano(SCORER.scores_at(record, max(record.at_ms, contacts.now_ms))["engagement"])
    assert presented is not None
    return presented / 1e9


@pytest.mark.parametrize("seed", range(3))
def test_a_genuine_identify_gets_its_place_from_the_youngest_that_a_browser_made(seed: int) -> None:
    contacts = full_of_browsers(seed)
    at_ms = START_MS + 1_000
    visited(contacts, "anon:genuine", at_ms)
    identified(contacts, "jane", "anon:genuine", at_ms, SERVER_RANK)
    contacts.run_until_idle()

    links, youngest = contacts.record("jane").links, f"anon:junk-{MOST_CHILDREN - 1:03}"
    assert contacts.reasons == []
    assert links is not None
    assert links.children["anon:genuine"].sources
    assert not links.children[youngest].sources
    assert youngest in contacts.survivors()
    assert points_of(contacts, "jane") == 50 * SEEN
    visited(contacts, youngest, at_ms + 1)  # what it does later is its own
    contacts.run_until_idle()
    assert points_of(contacts, "jane") == 50 * SEEN


def test_what_the_one_who_left_had_sent_before_it_knew_finds_no_place_either() -> None:
    record, youngest, at_ms = full_of_browsers().record("jane"), f"anon:junk-{MOST_CHILDREN - 1:03}", START_MS + 1_000
    assert record.links is not None
    late = EvidenceTransfer(
        at_ms,
        youngest,
        record.links.children[youngest].version + 1,
        record.links.claims_on_children[youngest].stamp,
        record.links.children[youngest].sources,
    )
    genuine = Merged("i", at_ms, at_ms, "anon:genuine", True)
    SCORER.apply_with_links_in_place("jane", record, [genuine], [])

    outcome = SCORER.apply_with_links_in_place("jane", record, [late], [])

    assert not record.links.children[youngest].sources
    assert [(sent.to, type(sent.transfer)) for sent in outcome.sends] == [(youngest, ClaimTransfer)]


def test_a_browser_gets_no_place_where_there_is_none_left() -> None:
    contacts = full_of_browsers()
    identified(contacts, "jane", "anon:one-more", START_MS + 1_000, BROWSER_RANK)
    contacts.run_until_idle()
    assert contacts.reasons == [TOO_MANY_SOURCES]


def test_as_many_genuine_ones_as_may_be_replace_all_that_browsers_made_and_stay() -> None:
    record, at_ms = full_of_browsers().record("jane"), START_MS + 1_000
    genuine = [Merged(f"i{n}", at_ms + n, at_ms + n, f"anon:{n}", True) for n in range(MOST_CHILDREN + 1)]
    comes_back = Merged("back", at_ms + 999, at_ms + 999, "anon:junk-007", True, BROWSER_RANK)

    outcome = SCORER.apply_with_links_in_place("jane", record, [*genuine, comes_back], [])

    assert record.links is not None
    assert [refused.fact for refused in outcome.refused] == [genuine[-1], comes_back]
    assert {refused.reason for refused in outcome.refused} == {TOO_MANY_SOURCES}
    live = {child for child, claim in record.links.claims_on_children.items() if claim.is_live}
    assert live == {merged.source for merged in genuine[:-1]}
    assert not record.links.sources()


def test_of_the_claims_on_one_visitor_those_of_browsers_are_forgotten_first() -> None:
    contacts = LinkedContacts(SCORER, Random(0))
    identified(contacts, "jane", "anon:v", START_MS + 1_000, SERVER_RANK)
    for n in range(MOST_CLAIMS + 5):
        identified(contacts, f"mallory-{n}", "anon:v", START_MS + n, BROWSER_RANK)
    contacts.run_until_idle()

    links = contacts.record("anon:v").links
    assert links is not None
    assert links.parent is not None
    assert links.parent[0] == "jane"
    assert len(links.claims_on_self) == MOST_CLAIMS
