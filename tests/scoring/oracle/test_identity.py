"""The oracle's people are those of the stories, whatever the order of their statements."""

from __future__ import annotations

import random

import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.facts import Erased, Event, InputFact, Merged, Unmerged
from tests.scoring.identity.cases import CASES, FIFTY_A_FORM, Case, fact_of
from tests.scoring.oracle.identity import People, who_is_whom
from tests.scoring.oracle.scores import one_number, score_at

START_MS, MINUTE_MS = 1_760_000_000_000, 60_000


def facts_of(case: Case) -> list[tuple[str, InputFact]]:
    return [
        (statement.contact, fact_of(statement, n, START_MS + n * MINUTE_MS))
        for n, statement in enumerate(case.statements)
    ]


def people_of(addressed: list[tuple[str, InputFact]]) -> People:
    facts: dict[str, list[InputFact]] = {}
    for contact, fact in addressed:
        facts.setdefault(contact, []).append(fact)
    return who_is_whom(facts)


def scores_of(people: People) -> dict[str, int | None]:
    model = parse_model(FIFTY_A_FORM, "test")
    at_ms = START_MS + len(CASES) * MINUTE_MS
    return {
        survivor: None
        if survivor in people.objecting
        else one_number(score_at(model, facts, at_ms)["engagement"])[0] // NANO
        for survivor, facts in people.trees.items()
    }


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_story_ends_as_it_must(case: Case) -> None:
    people = people_of(facts_of(case))

    assert scores_of(people) == case.scores
    assert people.parents == case.merged_into
    assert people.reasons == list(case.reasons)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_order_in_which_a_story_is_read_makes_no_difference(case: Case) -> None:
    addressed = facts_of(case)
    for seed in range(10):
        random.Random(seed).shuffle(addressed)
        people = people_of(addressed)
        assert (scores_of(people), people.parents) == (case.scores, case.merged_into)


def test_a_link_that_was_cut_stays_cut_when_the_others_of_its_cycle_go() -> None:
    addressed: list[tuple[str, InputFact]] = [
        ("b", Merged("1", 1, 1, "a", False)),
        ("a", Merged("2", 2, 2, "b", False)),
        ("b", Unmerged("3", 3, 3, "a")),
    ]

    assert people_of(addressed).parents == {}
    assert people_of([*addressed, ("a", Merged("4", 4, 4, "b", False))]).parents == {"b": "a"}


def test_an_erasure_knows_the_tree_of_its_instant_only() -> None:
    addressed: list[tuple[str, InputFact]] = [
        ("a", Event("e1", "form_submission", 1, 1, {}, {})),
        ("b", Event("e2", "form_submission", 2, 2, {}, {})),
        ("a", Erased("3", 3, 3)),
        ("b", Merged("4", 4, 4, "a", False)),
    ]

    people = people_of(addressed)

    assert people.erased_at_ms == {"a": 3}
    assert [fact.id for fact in people.trees["b"]] == ["e2", "4"]
