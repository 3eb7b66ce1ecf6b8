"""People told of through all doors in any mix and order, scored without Kafka: each is one contact, and true."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.imports.rows import BadRow
from streamprocessor.offline.score_file import read_facts, score_offline, with_identities
from tests.faults.people.chance import survivor_of
from tests.faults.people.doors import Teller
from tests.faults.people.oracle import truth_of
from tests.faults.people.people import DAY_MS, made_up
from tests.faults.people.records import lines_of
from tests.faults.people.wire import mapping_of
from tests.harness.processes import ADDRESS_SALT

NOW_MS = 1_800_000_000_000
MODEL = read_model(mapping_of("model"))


def _refuse(bad: BadRow) -> None:
    pytest.fail(f"line {bad.line}: {bad.reason}: {bad.detail}")


@pytest.mark.parametrize("seed", range(2))
def test_each_of_the_people_is_one_contact_with_her_own_score_and_suppression(seed: int, tmp_path: Path) -> None:
    people = made_up(seed, 100, NOW_MS)
    lines = lines_of(Teller(seed, NOW_MS).all_of(people), NOW_MS, tmp_path)
    random.Random(seed).shuffle(lines)
    facts = with_identities(MODEL, read_facts(lines, _refuse), ADDRESS_SALT)
    at_ms = NOW_MS + DAY_MS
    got = {
        answer["contact_id"]: (answer["scores"]["engagement"]["unrounded"], "suppression" in answer)
        for answer in score_offline(MODEL, facts, at_ms)
    }
    truths = {survivor_of(person): truth_of(person, at_ms) for person in people}
    assert got == {
        contact: (pytest.approx(truth.unrounded, abs=1e-9), truth.is_suppressed) for contact, truth in truths.items()
    }
