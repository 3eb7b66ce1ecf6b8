"""Contacts that send each other what they learn, over queues of any delay: all ends as the oracle's people."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.evidence.union import is_suppressed
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.facts import InputFact, Merged, Unmerged
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.against_oracle import presented_nano
from tests.scoring.identity.cases import (
    CASES,
    FIFTY_A_FORM,
    Case,
    Statement,
    by_browser,
    fact_of,
    form,
    identify,
    merge,
    unmerge,
)
from tests.scoring.identity.linked_contacts import LinkedContacts
from tests.scoring.oracle.identity import People, ends_of, who_is_whom
from tests.scoring.oracle.scores import one_number, score_at
from tests.scoring.oracle.suppression import is_suppressed as oracles_is_suppressed

START_MS, SECOND_MS = 1_760_000_000_000, 1_000
SCORER = Scorer(parse_model(FIFTY_A_FORM, "test"))


def assert_all_is_the_oracles(contacts: LinkedContacts, people: People) -> None:
    for survivor, facts in people.trees.items():
        record = contacts.record(survivor)
        at_ms = max(record.at_ms, contacts.now_ms)
        presented = presented_nano(SCORER.scores_at(record, at_ms)["engagement"])
        expected = (
            0 if survivor in people.objecting else one_number(score_at(SCORER.model, facts, at_ms)["engagement"])[0]
        )
        assert presented == expected, (survivor, presented // NANO, expected // NANO)
        if survivor not in people.objecting:
            assert is_suppressed(record) is oracles_is_suppressed(SCORER.model, facts), survivor
        shown = contacts.steps[survivor]
        if survivor in people.objecting:
            assert is_hidden(record)
        elif shown and not shown[-1].merged_into and shown[-1].scores:
            assert shown[-1].scores[0].presented_nano == expected, survivor
        else:
            assert expected == 0, (survivor, expected // NANO, shown)
    for old in people.parents:
        steps = contacts.steps[old]
        assert is_hidden(contacts.record(old)), old
        assert not steps or (steps[-1].scores == () and steps[-1].merged_into in people.claimed[old]), (old, steps)
    for contact, steps in contacts.steps.items():
        assert [step.sequence for step in steps] == list(range(1, len(steps) + 1)), contact


def people_of(addressed: list[tuple[str, InputFact]]) -> People:
    facts: dict[str, list[InputFact]] = defaultdict(list)
    for contact, fact in addressed:
        facts[contact].append(fact)
    return who_is_whom(facts)


def facts_of(statements: tuple[Statement, ...] | list[Statement]) -> list[tuple[str, InputFact]]:
    return [
        (statement.contact, fact_of(statement, n, START_MS + n * SECOND_MS)) for n, statement in enumerate(statements)
    ]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_story_told_in_order_ends_as_it_must(case: Case) -> None:
    for seed in range(20):
        contacts = LinkedContacts(SCORER, random.Random(seed))
        addressed = facts_of(case.statements)
        for contact, fact in addressed:
            contacts.deliver(contact, fact)
            contacts.run_until_idle()

        assert_all_is_the_oracles(contacts, people_of(addressed))
        assert sorted(contacts.reasons) == sorted(case.reasons)


@pytest.mark.parametrize("case", [case for case in CASES if case.any_order], ids=lambda case: case.name)
def test_a_story_told_in_any_order_ends_as_it_must(case: Case) -> None:
    for seed in range(100):
        assert_any_order_ends_as_the_oracles(facts_of(case.statements), random.Random(seed))


VISITOR = "anon:v"
IDS = ("a", "b", "c", "d", "email:m", VISITOR)


def suppressing(contact: str) -> st.SearchStrategy[Statement]:
    """A word on whether the contact may be written to, by an event or by an explicit update."""
    updates: list[Any] = [{"update": "suppressed", "suppressed": value} for value in (True, False)]
    whats = st.sampled_from([*updates, *({"type": type_} for type_ in ("unsubscribe", "resubscribe"))])
    return whats.map(lambda what: Statement(contact, what))


@st.composite
def tangles(draw: st.DrawFn, ids: tuple[str, ...] = IDS) -> list[Statement]:
    """Merges and unmerges of a few ids in any direction, with events between them, some under several ids.

    Browsers say of their visitor alone who it is.
    """
    statements = []
    for number in range(draw(st.integers(2, 14))):
        one, other = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        kind = draw(st.sampled_from([form, merge, merge, unmerge]))
        if draw(st.integers(0, 5)) == 0:
            statements.append(draw(suppressing(one)))
        if kind is merge and other == VISITOR != one and draw(st.booleans()):
            statements.append(by_browser(identify(one, other)))
        else:
            statements.append(form(one, f"e{draw(st.integers(0, number))}") if kind is form else kind(one, other))
    return statements


@given(tangles(), st.integers(0, 1_000))
def test_any_tangle_told_in_order_ends_as_the_oracles(statements: list[Statement], seed: int) -> None:
    contacts = LinkedContacts(SCORER, random.Random(seed))
    addressed = facts_of(statements)
    for contact, fact in addressed:
        contacts.deliver(contact, fact)
        contacts.run_until_idle()

    assert_all_is_the_oracles(contacts, people_of(addressed))


@given(tangles(), st.integers(0, 1_000))
def test_a_tangle_without_rivals_ends_as_the_oracles_in_any_order(statements: list[Statement], seed: int) -> None:
    """Each id goes into one other at most, by one merge: what is cut then does not depend on what came first."""
    linked: set[str] = set()
    addressed: list[tuple[str, InputFact]] = []
    for contact, fact in facts_of(statements):
        if isinstance(fact, Merged | Unmerged):
            child, _ = ends_of(contact, fact.source)
            if isinstance(fact, Unmerged) or child in linked:
                continue
            linked.add(child)
        addressed.append((contact, fact))
    note("\n".join(f"{contact} {fact}" for contact, fact in addressed))
    assert_any_order_ends_as_the_oracles(addressed, random.Random(seed))


@given(tangles(IDS[-3:]), st.integers(0, 1_000))
def test_a_tangle_without_cycles_ends_as_the_oracles_in_any_order(statements: list[Statement], seed: int) -> None:
    """Ids go into ids before them only: rivals and unmerges do not depend on what came first.

    Of one pair two merges at most: of more, only the first and the last are remembered.
    """
    merges: Counter[tuple[str, str]] = Counter()
    addressed: list[tuple[str, InputFact]] = []
    for contact, fact in facts_of(statements):
        if isinstance(fact, Merged | Unmerged):
            child, parent = ends_of(contact, fact.source)
            merges[child, parent] += isinstance(fact, Merged)
            if IDS.index(child) <= IDS.index(parent) or merges[child, parent] > 2:
                continue
        addressed.append((contact, fact))
    note("\n".join(f"{contact} {fact}" for contact, fact in addressed))
    assert_any_order_ends_as_the_oracles(addressed, random.Random(seed))


def assert_any_order_ends_as_the_oracles(addressed: list[tuple[str, InputFact]], chance: random.Random) -> None:
    contacts = LinkedContacts(SCORER, chance)
    contacts.now_ms = max((fact.arrival_ms for _, fact in addressed), default=START_MS)
    shuffled = [(contact, fact._replace(arrival_ms=contacts.now_ms)) for contact, fact in addressed]
    chance.shuffle(shuffled)
    for contact, fact in shuffled:
        contacts.deliver(contact, fact)
        if chance.random() < 0.2:
            contacts.run_until_idle()
    contacts.run_until_idle()
    assert_all_is_the_oracles(contacts, people_of(addressed))
