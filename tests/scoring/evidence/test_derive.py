"""What is derived event by event is, to the last bit, what is derived of all evidence anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.scoring.evidence.derive import derive
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.terms.per_match import drop_worthless_matches
from tests.harness.example_share import share
from tests.scoring.histories import histories, redelivered
from tests.scoring.models import Taste, models


def in_any_order(derived: Derived) -> tuple[object, ...]:
    slots = sorted(derived.slots[i : i + 16] for i in range(0, len(derived.slots), 16))
    sums = {number: amount for number, amount in derived.sums.items() if amount}
    traces = sorted(derived.traces[i : i + 16] for i in range(0, len(derived.traces), 16))
    by = {key: {name: in_any_order(of) for name, of in values.items()} for key, values in derived.by_value.items()}
    return derived.newest_ms, derived.first_ms, sums, derived.matches, derived.last_ms, slots, traces, by


@share(60)
@given(data=st.data())
def test_event_by_event_is_all_at_once(data: st.DataObject) -> None:
    model = data.draw(models(Taste(precisions_nano=(5 * NANO, 10 * NANO))))
    history = data.draw(histories(model))
    scorer, plan = Scorer(model), compile_model(model)
    record: Record = scorer.blank()
    for fact in data.draw(redelivered(history)):
        scorer.apply_in_place(record, [fact])
        anew = derive(plan, record)
        drop_worthless_matches(plan.per_match_terms, anew, record.at_ms)
        assert in_any_order(record.derived) == in_any_order(anew)
