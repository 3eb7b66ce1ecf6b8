"""Contacts that tell each other what they are told, over lines of any delay: all ends as the oracle's people."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.facts import Fact, Merged, Unmerged
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.identity.cases import CASES, FIFTY_A_FORM, Case, Said, fact_of, form, merge, unmerge
from tests.scoring.identity.linked_contacts import Network
from tests.scoring.oracle.identity import People, ends_of, who_is_whom
from tests.scoring.oracle.scores import score_at

START_MS, SECOND_MS = 1_760_000_000_000, 1_000
SCORER = Scorer(parse_model(FIFTY_A_FORM, "test"))


def assert_all_is_the_oracles(network: Network, people: People) -> None:
    for survivor, facts in people.trees.items():
        record = network.record(survivor)
        at_ms = max(record.at_ms, network.now_ms)
        seen = SCORER.scores_at(record, at_ms)["engagement"].presented_nano
        wanted = 0 if survivor in people.objecting else score_at(SCORER.model, facts, at_ms)["engagement"][0]
        assert seen == wanted, (survivor, seen // NANO, wanted // NANO)
        shown = network.steps[survivor]
        if survivor in people.objecting:
            assert is_hidden(record)
        elif shown and not shown[-1].merged_into and shown[-1].scores:
            assert shown[-1].scores[0].presented_nano == wanted, survivor
        else:
            assert wanted == 0, (survivor, wanted // NANO, shown)
    for old in people.parents:
        steps = network.steps[old]
        assert is_hidden(network.record(old)), old
        assert not steps or (steps[-1].scores == () and steps[-1].merged_into in people.claimed[old]), (old, steps)
    for contact, steps in network.steps.items():
        assert [step.sequence for step in steps] == list(range(1, len(steps) + 1)), contact


def people_of(told: list[tuple[str, Fact]]) -> People:
    facts: dict[str, list[Fact]] = defaultdict(list)
    for contact, fact in told:
        facts[contact].append(fact)
    return who_is_whom(facts)


def facts_of(words: tuple[Said, ...] | list[Said]) -> list[tuple[str, Fact]]:
    return [(said.contact, fact_of(said, n, START_MS + n * SECOND_MS)) for n, said in enumerate(words)]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_story_told_in_order_ends_as_it_must(case: Case) -> None:
    for seed in range(20):
        network = Network(SCORER, random.Random(seed))
        told = facts_of(case.words)
        for contact, fact in told:
            network.say(contact, fact)
            network.come_to_rest()

        assert_all_is_the_oracles(network, people_of(told))
        assert sorted(network.reasons) == sorted(case.reasons)


@pytest.mark.parametrize("case", [case for case in CASES if case.any_order], ids=lambda case: case.name)
def test_a_story_told_in_any_order_ends_as_it_must(case: Case) -> None:
    for seed in range(100):
        assert_any_order_ends_as_the_oracles(facts_of(case.words), random.Random(seed))


IDS = ("a", "b", "c", "d", "email:m", "anon:v")


@st.composite
def tangles(draw: st.DrawFn, ids: tuple[str, ...] = IDS) -> list[Said]:
    """Merges and unmerges of a few ids in any direction, with events between them, some under several ids."""
    words = []
    for number in range(draw(st.integers(2, 14))):
        one, other = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        kind = draw(st.sampled_from([form, merge, merge, unmerge]))
        words.append(form(one, f"e{draw(st.integers(0, number))}") if kind is form else kind(one, other))
    return words


@given(tangles(), st.integers(0, 1_000))
def test_any_tangle_told_in_order_ends_as_the_oracles(words: list[Said], seed: int) -> None:
    network = Network(SCORER, random.Random(seed))
    told = facts_of(words)
    for contact, fact in told:
        network.say(contact, fact)
        network.come_to_rest()

    assert_all_is_the_oracles(network, people_of(told))


@given(tangles(), st.integers(0, 1_000))
def test_a_tangle_without_rivals_ends_as_the_oracles_in_any_order(words: list[Said], seed: int) -> None:
    """Each id goes into one other at most, said once: what is cut then does not depend on what came first."""
    linked: set[str] = set()
    told = []
    for contact, fact in facts_of(words):
        if isinstance(fact, Merged | Unmerged):
            child, _ = ends_of(contact, fact.source)
            if isinstance(fact, Unmerged) or child in linked:
                continue
            linked.add(child)
        told.append((contact, fact))
    note("\n".join(f"{contact} {fact}" for contact, fact in told))
    assert_any_order_ends_as_the_oracles(told, random.Random(seed))


@given(tangles(IDS[-3:]), st.integers(0, 1_000))
def test_a_tangle_without_cycles_ends_as_the_oracles_in_any_order(words: list[Said], seed: int) -> None:
    """Ids go into ids before them only: rivals and unmerges do not depend on what came first.

    Of one pair two merges at most: of more, only the first and the last are remembered.
    """
    merges: Counter[tuple[str, str]] = Counter()
    told = []
    for contact, fact in facts_of(words):
        if isinstance(fact, Merged | Unmerged):
            child, parent = ends_of(contact, fact.source)
            merges[child, parent] += isinstance(fact, Merged)
            if IDS.index(child) <= IDS.index(parent) or merges[child, parent] > 2:
                continue
        told.append((contact, fact))
    note("\n".join(f"{contact} {fact}" for contact, fact in told))
    assert_any_order_ends_as_the_oracles(told, random.Random(seed))


def assert_any_order_ends_as_the_oracles(told: list[tuple[str, Fact]], chance: random.Random) -> None:
    network = Network(SCORER, chance)
    network.now_ms = max((fact.arrival_ms for _, fact in told), default=START_MS)
    shuffled = [(contact, fact._replace(arrival_ms=network.now_ms)) for contact, fact in told]
    chance.shuffle(shuffled)
    for contact, fact in shuffled:
        network.say(contact, fact)
        if chance.random() < 0.2:
            network.come_to_rest()
    network.come_to_rest()
    assert_all_is_the_oracles(network, people_of(told))
