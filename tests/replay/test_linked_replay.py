"""Linked contacts of a file are scored as the worker would: the stories of who turned out to be whom, offline."""

from __future__ import annotations

from collections import defaultdict

import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.offline.score_file import score_offline
from streamprocessor.replay.linked_replay import linked_groups
from streamprocessor.scoring.record.facts import InputFact
from tests.scoring.identity.cases import CASES, FIFTY_A_FORM, Case, fact_of

START_MS, SECOND_MS = 1_760_000_000_000, 1_000
MODEL = parse_model(FIFTY_A_FORM, "test")


def told(case: Case) -> dict[str, list[InputFact]]:
    facts: dict[str, list[InputFact]] = defaultdict(list)
    for n, statement in enumerate(case.statements):
        facts[statement.contact].append(fact_of(statement, n, START_MS + n * SECOND_MS))
    return facts


#: Offline, what occurred earlier came earlier: stories about what came late are the worker's.
IN_TIME = [case for case in CASES if not any(statement.ago_ms for statement in case.statements)]


@pytest.mark.parametrize("case", IN_TIME, ids=lambda case: case.name)
def test_a_file_of_the_story_gives_its_scores(case: Case) -> None:
    answers = {each["contact_id"]: each for each in score_offline(MODEL, told(case), START_MS + 10**6)}

    for contact, score in case.scores.items():
        if score is None:
            assert contact not in answers
        else:
            assert answers[contact]["scores"]["engagement"]["score"] == score
    assert not set(case.merged_into) & set(answers)


def test_contacts_that_nobody_links_stand_alone() -> None:
    facts = told(CASES[0])
    assert linked_groups({**facts, "alone": []}) == [["alone"], sorted(facts)]
