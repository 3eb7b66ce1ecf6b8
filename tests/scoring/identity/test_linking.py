"""Linked contacts end as the oracle says, however their messages are delayed, reordered and repeated."""

from __future__ import annotations

from pathlib import Path
from random import Random

from hypothesis import given, note
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact, InputFact, Merged
from streamprocessor.scoring.record.links import identity_strength
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.against_oracle import assert_scores_are_the_oracles
from tests.scoring.histories import histories
from tests.scoring.identity.linked_contacts import LinkedContacts
from tests.scoring.models import START_MS, Taste, models
from tests.scoring.oracle.identity import who_is_whom

FEW_STEPS = Taste(precisions_nano=(5 * NANO, 10 * NANO))  # a contact steps through all that time makes
ROOT = Path(__file__).parents[3]
CONTACTS = ("a", "b", "c", "d", "anon:v", "email:w")


@st.composite
def merges(draw: st.DrawFn) -> list[tuple[str, InputFact]]:
    """Each contact goes into one other at most; cycles are made of them. (Rivals and partings: test_identity_laws.)"""
    sources = draw(st.lists(st.sampled_from(CONTACTS), min_size=1, unique=True))
    facts: list[tuple[str, InputFact]] = []
    for number, source in enumerate(sources):
        into = draw(st.sampled_from([contact for contact in CONTACTS if contact != source]))
        at_ms = START_MS + number
        # Else it is turned round, and `into` could have two parents.
        if identity_strength(source) <= identity_strength(into):
            facts.append((into, Merged(f"m{number}", at_ms, at_ms, source)))
    return facts


@given(data=st.data())
def test_survivors_have_the_scores_of_the_oracle(data: st.DataObject) -> None:
    model = data.draw(models(FEW_STEPS))
    statements: list[tuple[str, InputFact]] = [
        (data.draw(st.sampled_from(CONTACTS)), fact) for fact in data.draw(histories(model))
    ]
    statements += data.draw(merges())
    statements = data.draw(st.permutations(statements))
    by_contact: dict[str, list[InputFact]] = {}
    for contact, fact in statements:
        by_contact.setdefault(contact, []).append(fact)
    chance = Random(data.draw(st.integers(0, 999)))
    scorer = Scorer(model)
    contacts = LinkedContacts(scorer, chance, reorders=True)

    for contact, fact in statements:
        contacts.deliver(contact, fact)
        for _ in range(chance.randrange(4)):
            contacts.take_one_batch()
    contacts.run_until_idle()

    people = who_is_whom(by_contact)
    note(f"{people}")
    t_ms = contacts.now_ms + data.draw(st.integers(0, 10**9))
    hidden = {contact for contact in CONTACTS if contact not in contacts.survivors()}
    for contact, facts in people.trees.items():
        assert contact not in hidden or not facts
        record = contacts.record(contact)
        if any(isinstance(fact, Event) for fact in facts):
            assert_scores_are_the_oracles(model, scorer.scores_at(record, t_ms), facts, t_ms)
    assert not set(people.parents) & contacts.survivors()


def test_a_survivor_of_many_busy_visitors_stays_below_its_cap() -> None:
    scorer = Scorer(read_model(ROOT / "deploy" / "scoring.yaml"))
    contacts = LinkedContacts(scorer, Random(0), repeats=False)
    contacts.deliver("jane", AttributesWritten("u", START_MS, START_MS, {"title": "CEO"}))
    for visitor in range(60):
        clicks: list[Fact] = [
            Event(f"{visitor}-{n}", "email_click", START_MS + n, START_MS + n, {"url": f"u{n % 200}"}, {})
            for n in range(400)
        ]
        record = scorer.blank()
        scorer.apply_in_place(record, clicks)
        contacts.put(f"anon:{visitor}", record)
        contacts.deliver("jane", Merged(f"m{visitor}", START_MS + 500, START_MS + 500, f"anon:{visitor}"))
        contacts.run_until_idle()

    survivor = contacts.record("jane")
    assert len(encode_record(survivor)) < 64 * 1024
    parts = scorer.explain(survivor, "engagement", START_MS + 500)
    assert (
        sum(part.points_nano for part in parts)
        == scorer.scores_at(survivor, START_MS + 500)["engagement"].unrounded_nano
    )
