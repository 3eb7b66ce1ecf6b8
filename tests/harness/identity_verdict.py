"""Judging a run in which ids were merged and persons erased: what was told of each id, against the oracle's people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.messages.dead_letters import dead_letter_of
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.topics.topics import IN
from streamprocessor.errors import RecordError
from streamprocessor.scoring.model.model import NANO, USUAL_ADDRESSES, Model, Score
from streamprocessor.scoring.record.facts import InputFact
from tests.harness.decoding import decoder_for
from tests.harness.processes import ADDRESS_SALT
from tests.harness.system import System
from tests.scoring.oracle.identity import People, told_by_addresses, who_is_whom
from tests.scoring.oracle.scores import Number, one_number, presented, score_at, score_named
from tests.scoring.oracle.stages import possible_stages

#: What was told of one id between two erasures: values of score-updated, each id of an announcement once.
History = list[dict[str, Any]]


@dataclass
class IdentityRun:
    """What was said to the system, and all that it told; facts by the id that they were addressed to.

    letters: (contact, reason) of each dead letter.
    """

    facts: dict[str, list[InputFact]]
    score_updated: dict[str, list[ConsumerRecord]]
    hot_leads: list[dict[str, Any]]
    letters: list[tuple[str, str]]

    @cached_property
    def people(self) -> People:
        return who_is_whom(told_by_addresses(self.facts, USUAL_ADDRESSES, ContactIds(ADDRESS_SALT).address))

    @cached_property
    def newest_arrival_ms(self) -> int:
        return max(fact.arrival_ms for facts in self.facts.values() for fact in facts)

    def histories(self, contact: str) -> list[History]:
        """What was announced of the id between two erasures, the newest last; empty right after one."""
        histories: list[History] = [[]]
        seen: set[str] = set()
        for record in self.score_updated.get(contact, []):
            if record.value is None:
                histories += [[]] if histories[-1] else []
            elif (ce_id := id_of(record)) not in seen:
                seen.add(ce_id)
                histories[-1].append(orjson.loads(record.value))
        return histories


async def read_identity_run(system: System, is_asked: Callable[[str], bool] = lambda _: True) -> IdentityRun:
    """Read inputs and announcements whole; what is of others than those who are asked for is left out."""
    facts: dict[str, list[InputFact]] = defaultdict(list)
    for topic in (topic for topic in system.layout.topics if topic.direction == IN):
        decode = decoder_for(topic)
        for record in await system.read(topic.name):
            try:
                fact = decode(record.key, record.value, record.headers, record.timestamp)
            except RecordError:
                continue
            if is_asked(record.key.decode()):
                facts[record.key.decode()].append(fact)
    announced: dict[str, list[ConsumerRecord]] = defaultdict(list)
    for record in await system.read("score-updated"):
        if is_asked(record.key.decode()):
            announced[record.key.decode()].append(record)
    leads = [lead for lead in await system.values("became-hot-lead") if is_asked(lead["contact_id"])]
    letters = [
        (record.key.decode(), dead_letter_of(record.headers).reason) for record in await system.read("dead-letters")
    ]
    return IdentityRun(dict(facts), dict(announced), leads, [letter for letter in letters if is_asked(letter[0])])


def assert_people_are_the_oracles(run: IdentityRun, model: Model) -> None:
    """Every id shows what it must, and every announcement is whole."""
    people = run.people
    for survivor, facts in people.trees.items():
        history = run.histories(survivor)[-1]
        if survivor in people.objecting:
            assert not history or history[-1]["scores"] == {}, (survivor, history[-1])
        else:
            _assert_shows(model, survivor, facts, history, run.newest_arrival_ms)
    for old in people.parents:
        _assert_silent(run, old)
    for contact in run.score_updated.keys() - people.trees.keys() - people.parents.keys():
        assert run.histories(contact)[-1] == [], f"{contact} is erased, and the last that was told of it is not null"
    assert_whole(run)


def assert_whole(run: IdentityRun) -> None:
    """In each history of an id the sequence begins at 1 and has no gap; no announcement's id has two contents."""
    contents: dict[str, tuple[Any, ...]] = {}
    for contact, records in run.score_updated.items():
        for record in records:
            if record.value is not None:
                content = (record.key, record.value, tuple(record.headers))
                assert contents.setdefault(id_of(record), content) == content, contact
        for history in run.histories(contact):
            assert [value["sequence"] for value in history] == list(range(1, len(history) + 1)), contact


def _assert_shows(model: Model, contact: str, facts: list[InputFact], history: History, newest_arrival_ms: int) -> None:
    """The last announcement is what a person would see now; where there is none, what is seen of a stranger."""
    last = history[-1] if history else {"scores": {}}
    instant_ms = newest_arrival_ms if not history else max(newest_arrival_ms, _instant_ms(last["at"]))
    seen = _numbers(model, facts, instant_ms)
    if not last["scores"]:
        shown = {name: presented_nano for name, (presented_nano, _) in seen.items()}
        blank = {name: presented_nano for name, (presented_nano, _) in _numbers(model, [], 0).items()}
        assert shown == blank, f"{contact}: shows nothing; wanted {shown}"
        return
    for name, (_, unrounded_nano) in seen.items():
        score, shown = score_named(model, name), last["scores"][name]
        got_nano = round(shown["score"] * NANO)
        assert got_nano in _presented_about(score, unrounded_nano), (contact, name, shown, unrounded_nano / NANO)
        assert shown.get("stage") in possible_stages(score, got_nano), (contact, name, shown)


def _numbers(model: Model, facts: list[InputFact], instant_ms: int) -> dict[str, Number]:
    return {name: one_number(answer) for name, answer in score_at(model, facts, instant_ms).items()}


def _presented_about(score: Score, unrounded_nano: int) -> set[int]:
    """The presented score, whatever floating point made of the last decimal."""
    return {presented(score, unrounded_nano + off) for off in (-1, 0, 1)}


def _assert_silent(run: IdentityRun, old: str) -> None:
    """Whatever was told of the old id ends with one word that there is nothing any more, and into whom it went."""
    history = run.histories(old)[-1]
    if not history:
        return
    last = history[-1]
    assert last["scores"] == {}, f"{old} went into {run.people.parents[old]}, and shows {last}"
    assert last["merged_into"] in run.people.claimed[old], last
    assert last["cause"] == "merge", last
    leads = [lead for lead in run.hot_leads if lead["contact_id"] == old and lead["at"] > last["at"]]
    assert not leads, leads
    repeated = [value for value, after in pairwise(history) if value["scores"] == after["scores"] == {}]
    assert not repeated, repeated


def _instant_ms(text: str) -> int:
    instant_ms = parse_rfc3339(text)
    assert instant_ms is not None, text
    return instant_ms


def id_of(record: ConsumerRecord) -> str:
    """The CloudEvents id of an announcement."""
    return str(dict(record.headers)["ce_id"].decode())
