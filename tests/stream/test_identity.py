"""Ids that turn out to be one person, on two workers and four partitions: each story ends as the oracle's."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

import pytest

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.imports.files import ImportListener, ImportSource, read_file, send_rows
from streamprocessor.imports.progress.checkpoint import ImportCheckpoint
from streamprocessor.imports.rows import CSV
from streamprocessor.scoring.model.model import NANO, Model
from streamprocessor.scoring.record.facts import InputFact
from tests.harness.identity_traffic import sent, tell
from tests.harness.identity_verdict import IdentityRun, assert_people_are_the_oracles, read_identity_run
from tests.harness.mapped_files import read_mapping
from tests.harness.processes import ADDRESS_SALT
from tests.harness.settling import until_settled
from tests.harness.system import ROOT, Sent
from tests.scoring.identity.cases import CASES, HOUR_MS, Case, Statement, form, identify, job_title, merge
from tests.scoring.oracle.scores import score_at
from tests.stream.conftest import SharedSystem

pytestmark = pytest.mark.kafka


def _now_ms() -> int:
    return int(time.time() * 1000)


def _renamed(statement: Statement, story: str) -> Statement:
    """The word with ids of the case's own, so that all cases are told to one system."""
    what = statement.what
    if isinstance(what, dict):
        names = {"from", "anonymous_id"}
        what = {word: _own(text, story) if word in names else text for word, text in what.items()}
    return statement._replace(contact=_own(statement.contact, story), what=what)


def _own(contact: str, story: str) -> str:
    kind, colon, name = contact.rpartition(":")
    return f"{kind}{colon}{story}-{name}"


def _story_of(contact: str) -> str:
    return contact.rpartition(":")[2].partition("-")[0]


def _record(statement: Statement, story: str, place: int, base_ms: int | None = None) -> Sent:
    """base_ms None: the word occurs when it is sent, less what it says; else the words occur a second apart."""
    if base_ms is not None:
        occurred_at_ms: int | None = base_ms + place * 1_000 - statement.ago_ms
    else:
        occurred_at_ms = _now_ms() - statement.ago_ms if statement.ago_ms else None
    return sent(_renamed(statement, story), f"{story}-{place}", occurred_at_ms)


def _engagement(model: Model, facts: Iterable[InputFact]) -> int:
    score = score_at(model, facts, _now_ms())["engagement"]
    assert isinstance(score, tuple)
    return score[0] // NANO


def _assert_ends(run: IdentityRun, model: Model, story: str, case: Case) -> None:
    people = run.people
    mine = {one for one in people.trees.keys() | people.parents.keys() if _story_of(one) == story}
    assert {one: people.parents[one] for one in mine & people.parents.keys()} == {
        _own(old, story): _own(survivor, story) for old, survivor in case.merged_into.items()
    }, case.name
    shown = {
        one: None if one in people.objecting else _engagement(model, people.trees[one])
        for one in mine & people.trees.keys()
    }
    assert shown == {_own(contact, story): score for contact, score in case.scores.items()}, case.name


async def test_each_story_ends_as_it_must_when_it_is_told_in_order(shared_system: SharedSystem) -> None:
    system, model = shared_system
    stories = {f"told{number}": case for number, case in enumerate(CASES)}
    for place, words in enumerate(zip_longest(*(case.statements for case in CASES))):
        await system.send(
            _record(statement, story, place) for story, statement in zip(stories, words, strict=True) if statement
        )
        await until_settled(system)

    run = await read_identity_run(system, lambda contact: _story_of(contact) in stories)
    assert_people_are_the_oracles(run, model)
    for story, case in stories.items():
        _assert_ends(run, model, story, case)
    refused = Counter((_story_of(contact), reason) for contact, reason in run.letters)
    assert refused == Counter((story, reason) for story, case in stories.items() for reason in case.reasons)


async def test_the_order_in_which_a_story_arrives_makes_no_difference(shared_system: SharedSystem) -> None:
    system, model = shared_system
    chance = random.Random(4)
    # The same stories six times under names of their own, each word at any place among all the others'.
    stories = {f"mixed{number}": case for number, case in enumerate([case for case in CASES if case.any_order] * 6)}
    base_ms = _now_ms() - HOUR_MS
    records = [
        _record(statement, story, place, base_ms)
        for story, case in stories.items()
        for place, statement in enumerate(case.statements)
    ]
    chance.shuffle(records)
    await system.send(records)
    await until_settled(system)

    run = await read_identity_run(system, lambda contact: _story_of(contact) in stories)
    assert_people_are_the_oracles(run, model)
    for story, case in stories.items():
        _assert_ends(run, model, story, case)


async def test_only_events_that_are_news_make_a_hot_lead_of_a_merge(shared_system: SharedSystem) -> None:
    system, model = shared_system
    day_ms = 24 * HOUR_MS
    await tell(system, form("old", "e1", 3 * day_ms), form("old", "e2", 3 * day_ms), form("late", "e3", 3 * day_ms))
    await tell(system, form("new", "e1"), form("new", "e2"), form("fresh", "e3"))
    await tell(system, merge("late", "old"), merge("fresh", "new"))

    run = await read_identity_run(system, lambda contact: contact in ("old", "late", "new", "fresh"))
    assert_people_are_the_oracles(run, model)
    assert [(lead["contact_id"], lead["episode"], lead["score"]) for lead in run.hot_leads] == [("fresh", 1, 150)]
    [survivor] = run.histories("late")
    assert (survivor[-1]["cause"], survivor[-1]["scores"]["engagement"]["score"]) == ("merge", 150)


async def test_what_comes_later_under_an_old_id_is_told_of_the_survivor_alone(shared_system: SharedSystem) -> None:
    system, model = shared_system
    await tell(system, form("anon:v", "e1"), form("jane", "e2"))
    await tell(system, identify("jane", "anon:v"))
    await tell(system, form("anon:v", "e3"))
    await tell(system, form("anon:v", "e3"), form("jane", "e3"))

    run = await read_identity_run(system, lambda contact: contact in ("jane", "anon:v"))
    assert_people_are_the_oracles(run, model)
    [jane], [visitor] = run.histories("jane"), run.histories("anon:v")
    assert [value["scores"]["engagement"]["score"] for value in jane] == [50, 100, 150]
    assert [value["cause"] for value in jane[:2]] == ["event", "merge"]
    assert [value["scores"] for value in visitor[1:]] == [{}]
    assert (visitor[-1]["merged_into"], visitor[-1]["cause"], visitor[-1]["sequence"]) == ("jane", "merge", 2)


async def test_a_list_a_form_and_updates_of_one_address_are_one_contact_and_a_second_list_s_is_shown(
    shared_system: SharedSystem, tmp_path: Path
) -> None:
    system, model = shared_system
    settings = system.settings.model_copy(update={"address_salt": ADDRESS_SALT})
    reader = ContactIds(ADDRESS_SALT).address("kim.lee@example.com")
    mapping = read_mapping(ROOT / "deploy" / "imports" / "hubspot-contacts.yaml")
    header = "Record ID,First Name,Last Name,Email,Phone Number,Job Title,Lifecycle Stage"
    listed = [f"{header}\n".encode(), b"51001,Kim,Lee,Kim.Lee@Example.com,,,lead\n"]

    await tell(system, form(reader, "kim-1"))
    checkpoint = ImportCheckpoint(tmp_path / "hubspot.checkpoint", _now_ms())
    rows = read_file(settings, listed, CSV, mapping, ImportSource("hubspot.csv", checkpoint.at_ms))
    await send_rows(settings, rows, checkpoint, ImportListener(lambda bad: pytest.fail(str(bad)), lambda _: None))
    await until_settled(system)
    email = {"email": " kim.lee@example.com"}
    await tell(system, job_title("hubspot:51001", "chief"), form(reader, "kim-2"))
    await tell(system, Statement("shop-3", {"update": "attributes", "attributes": email}))

    run = await read_identity_run(system, lambda contact: contact in (reader, "hubspot:51001", "shop-3"))
    assert_people_are_the_oracles(run, model)
    assert run.people.rivals == {"hubspot:51001": {"shop-3"}, "shop-3": {"hubspot:51001"}}
    assert run.histories("hubspot:51001")[-1][-1]["scores"]["engagement"]["score"] == 110
    assert run.letters == [(reader, "already-merged")]
