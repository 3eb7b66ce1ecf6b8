"""An address that a server writes to a contact binds whoever reads it, in any order; the first known contact has it."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.record.facts import (
    BROWSER_RANK,
    SERVER_RANK,
    AttributesWritten,
    Erased,
    Event,
    InputFact,
    Merged,
    ObjectionChanged,
    Unmerged,
)
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.against_oracle import assert_scores_are_the_oracles
from tests.scoring.identity.cases import FIFTY_A_FORM
from tests.scoring.identity.linked_contacts import CONTACT_IDS, LinkedContacts
from tests.scoring.oracle.identity import People, told_by_addresses, who_is_whom

MODEL = parse_model(FIFTY_A_FORM, "test")
SCORER = Scorer(MODEL)
KIM, LEE = CONTACT_IDS.address("kim@example.com"), CONTACT_IDS.address("lee@example.com")
CONTACTS = ("crm-1", "crm-2", "shop-3", "anon:v", KIM, LEE)
START_MS = 1_760_000_000_000
#: What stands in a column of addresses; several contacts shall have one of them.
CELLS = (*("kim@example.com", " Kim@Example.COM ") * 3, "lee@example.com", "n/a", "", None, 7, ["lee@example.com"])

Addressed = tuple[str, InputFact]


def wrote(contact: str, address: Any, n: int, rank: int = SERVER_RANK) -> Addressed:
    return contact, AttributesWritten(f"u{n}", START_MS + n, START_MS + n, {"email": address}, rank)


def sent_form(contact: str, n: int) -> Addressed:
    return contact, Event(f"e{n}", "form_submission", START_MS + n, START_MS + n, {"form": f"e{n}"}, {})


def told(statements: Iterable[Addressed], seed: int = 0, *, reorders: bool = False) -> LinkedContacts:
    """The contacts after the statements; each is followed to its end where nothing reorders."""
    contacts = LinkedContacts(SCORER, Random(seed), reorders=reorders)
    for contact, fact in statements:
        contacts.deliver(contact, fact)
        if not reorders:
            contacts.run_until_idle()
    contacts.run_until_idle()
    return contacts


def people_of(statements: Iterable[Addressed]) -> People:
    by_contact: dict[str, list[InputFact]] = {}
    for contact, fact in statements:
        by_contact.setdefault(contact, []).append(fact)

    def reader(address: str) -> str:
        return CONTACT_IDS.address(address.strip().lower())

    return who_is_whom(told_by_addresses(by_contact, ("email",), reader))


def points_of(contacts: LinkedContacts, contact: str) -> int | None:
    shown = SCORER.scores_at(contacts.record(contact), contacts.now_ms)["engagement"].presented_nano
    return None if shown is None else shown // 10**9


@st.composite
def statements(draw: st.DrawFn) -> list[Addressed]:
    """Forms of anybody, addresses written by servers and browsers, merges and partings, in any order, some twice."""
    said: list[Addressed] = []
    for n in range(draw(st.integers(3, 9))):
        contact = draw(st.sampled_from((*CONTACTS, "crm-1", "crm-2")))
        # Of two addresses each may be written to the other: cycles are of test_linking.
        is_address = contact in (KIM, LEE)
        kind = draw(
            st.sampled_from(
                ("form", "identify", "unmerge") if is_address else ("form", *("address",) * 3, "by browser", "unmerge")
            )
        )
        common = (f"l{n}", START_MS + n, START_MS + n)
        if kind == "form":
            said.append(sent_form(contact, n))
        elif kind == "address":
            said.append(
                wrote(
                    contact, draw(st.sampled_from(CELLS)), n, draw(st.sampled_from((BROWSER_RANK, *(SERVER_RANK,) * 4)))
                )
            )
        elif kind == "by browser":
            said.append((contact, Merged(*common, KIM, identified=True, rank=BROWSER_RANK)))
        elif kind == "identify":
            said.append((contact, Merged(*common, "anon:v", identified=True)))
        else:
            other = draw(st.sampled_from([other for other in (KIM, LEE, "anon:v") if other != contact]))
            said.append((contact, Unmerged(*common, other)))
    said += draw(st.lists(st.sampled_from(said), max_size=3))
    return draw(st.permutations(said))


@given(said=statements(), seed=st.integers(0, 99))
def test_addresses_end_as_the_oracle_says_in_any_order_and_told_twice(said: list[Addressed], seed: int) -> None:
    contacts = told(said, seed, reorders=True)

    people = people_of(said)
    note(f"{people}")
    assert not set(people.parents) & contacts.survivors()
    assert contacts.rivals() == people.rivals
    for contact, facts in people.trees.items():
        if any(isinstance(fact, Event) for fact in facts):
            shown = SCORER.scores_at(contacts.record(contact), contacts.now_ms)
            assert_scores_are_the_oracles(MODEL, shown, facts, contacts.now_ms)


@pytest.mark.parametrize("seed", range(5))
def test_an_address_binds_what_was_done_under_it_before_and_after(seed: int) -> None:
    said = [sent_form(KIM, 1), wrote("crm-1", "Kim@example.com", 2), sent_form(KIM, 3)]
    Random(seed).shuffle(said)
    contacts = told(said, seed)

    assert points_of(contacts, "crm-1") == 100
    assert contacts.survivors() == {"crm-1"}


def test_what_a_browser_writes_binds_nothing() -> None:
    contacts = told([sent_form(KIM, 1), wrote("crm-1", "kim@example.com", 2, BROWSER_RANK)])
    assert contacts.survivors() == {"crm-1", KIM}


def test_the_own_address_of_a_contact_binds_nothing_new() -> None:
    contacts = told([sent_form(KIM, 1), wrote(KIM, "kim@example.com", 2)])
    assert contacts.record(KIM).links is None


def test_a_visitor_whose_address_a_server_knows_goes_into_the_address_and_with_it_into_the_contact() -> None:
    contacts = told(
        [sent_form("anon:v", 1), wrote("anon:v", "kim@example.com", 2), wrote("crm-1", "kim@example.com", 3)]
    )
    assert contacts.survivors() == {"crm-1"}
    assert points_of(contacts, "crm-1") == 50


def test_another_address_is_bound_besides_and_no_address_unbinds_none() -> None:
    said = [wrote("crm-1", address, n) for n, address in enumerate(("kim@example.com", "lee@example.com", None), 1)]
    contacts = told([*said, sent_form(KIM, 4), sent_form(LEE, 5)])
    assert points_of(contacts, "crm-1") == 100


def test_two_known_contacts_with_one_address_are_not_merged_the_first_has_it_and_both_are_shown_the_other() -> None:
    contacts = told([wrote("crm-1", "kim@example.com", 1), wrote("shop-3", "kim@example.com", 2), sent_form(KIM, 3)])

    assert (points_of(contacts, "crm-1"), points_of(contacts, "shop-3")) == (50, 0)
    assert contacts.rivals() == {"crm-1": {"shop-3"}, "shop-3": {"crm-1"}}


def test_a_conflict_is_refused_once_however_often_the_address_is_written() -> None:
    contacts = told([wrote(("crm-1", "shop-3")[n % 2], "kim@example.com", n) for n in range(10)])
    assert contacts.reasons == ["already-merged"]


@pytest.mark.parametrize("seed", range(5))
def test_whoever_claims_an_address_in_vain_is_erased_and_objects_alone(seed: int) -> None:
    shared = [wrote("crm-1", "kim@example.com", 1), wrote("shop-3", "kim@example.com", 2), sent_form(KIM, 3)]
    erased = told([*shared, ("shop-3", Erased("x", START_MS + 4, START_MS + 4))], seed)
    objecting = told([*shared, ("shop-3", ObjectionChanged("x", START_MS + 4, START_MS + 4, objected=True))], seed)

    assert points_of(erased, "crm-1") == points_of(objecting, "crm-1") == 50
    assert erased.rivals() == {}
    assert "shop-3" not in erased.survivors() | objecting.survivors()


@pytest.mark.parametrize(
    "leaves",
    [Erased("x", START_MS + 4, START_MS + 4), Unmerged("x", START_MS + 4, START_MS + 4, KIM)],
    ids=lambda x: type(x).__name__,
)
def test_when_the_first_is_gone_the_conflict_is_lifted_and_the_next_word_of_the_other_gets_the_address(
    leaves: InputFact,
) -> None:
    contacts = told([wrote("crm-1", "kim@example.com", 1), wrote("shop-3", "kim@example.com", 2), ("crm-1", leaves)])
    assert contacts.rivals() == {}

    contacts.deliver(*wrote("shop-3", "kim@example.com", 5))
    contacts.deliver(*sent_form(KIM, 6))
    contacts.run_until_idle()
    assert points_of(contacts, "shop-3") == 50


def test_an_old_list_does_not_bind_the_address_of_an_erased_contact_again() -> None:
    old = wrote("crm-1", "kim@example.com", 1)
    contacts = told([old, ("crm-1", Erased("x", START_MS + 4, START_MS + 4)), old, sent_form(KIM, 6)])
    assert contacts.survivors() == {KIM}
