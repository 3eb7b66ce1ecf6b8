"""Replayed contacts are what a worker would have made of the same micro-batches, for random models and histories."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.evidence_codec import packed_evidence
from streamprocessor.replay.contact_replay import HotLeadAt, replayed_alone, together
from streamprocessor.scoring.scorer import Scorer
from tests.harness.example_share import share
from tests.scoring.against_oracle import assert_scores_are_the_oracles, record_of, record_of_batches
from tests.scoring.histories import histories, instants
from tests.scoring.models import Taste, eager_rules, models

EAGER = Taste(eager_rules, precisions_nano=(5_000_000_000,), stages_at=(0, 40), hysteresis=True)


@share(30)
@given(data=st.data())
def test_a_replay_ends_in_the_record_and_makes_the_hot_leads_of_a_worker(data: st.DataObject) -> None:
    model = data.draw(models(EAGER))
    history = sorted(data.draw(histories(model)), key=lambda fact: fact.arrival_ms)
    batches = [history[part] for part in together([fact.arrival_ms for fact in history])]
    at_ms = history[-1].arrival_ms + data.draw(st.sampled_from([0, 1, 10**8]))
    scorer = Scorer(model)

    replayed = replayed_alone(Scorer(model, explains=False), batches, at_ms)

    record, steps = record_of_batches(scorer, batches)
    steps += scorer.advance_in_place(record, at_ms)
    assert replayed.record.shown == record.shown
    assert replayed.record.values == record.values
    assert replayed.record.episodes == record.episodes
    assert replayed.hot_leads == [HotLeadAt(lead.score, step.at_ms) for step in steps for lead in step.hot_leads]


@share(30)
@given(data=st.data())
def test_a_replay_gives_the_scores_of_the_oracle(data: st.DataObject) -> None:
    model = data.draw(models())
    history = sorted(data.draw(histories(model)), key=lambda fact: fact.arrival_ms)
    t_ms = data.draw(instants(model, history))
    scorer = Scorer(model, explains=False)

    replayed = replayed_alone(scorer, [[fact] for fact in history], history[-1].arrival_ms)

    assert_scores_are_the_oracles(model, scorer.scores_at(replayed.record, t_ms), history, t_ms)


@share(10)
@given(data=st.data())
def test_packed_evidence_is_the_same_evidence(data: st.DataObject) -> None:
    model = data.draw(models())
    record = record_of(Scorer(model), data.draw(histories(model)))
    events = sorted(record.evidence.events(), key=lambda event: event.id)

    packed = packed_evidence(record.evidence)

    assert sorted(packed.events(), key=lambda event: event.id) == events
    assert not packed.fresh
