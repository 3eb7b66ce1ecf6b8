"""What the announcement of a hot lead tells of its contact's attributes."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.scoring.model.model import E15, NANO, HotLead, Model, Score, Stage
from streamprocessor.scoring.model.rules import EventRule
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.oracle.replay import replay

SCORE = Score("s", (EventRule("r", ("e",), 5 * E15),), (Stage("cold", 0), Stage("hot", 5 * NANO)))


@pytest.mark.parametrize(
    ("included", "writes", "told"),
    [
        (None, [{"title": "CEO"}], None),
        ((), [{"title": "CEO"}], {}),
        (("title", "city"), [{"title": "CEO", "age": 41}], {"title": "CEO"}),
        (("city", "title"), [{"title": "CEO", "city": "Rome"}, {"title": None}], {"city": "Rome"}),
        (("firm.size",), [{"firm": {"size": 50, "name": "Acme"}}], {"firm.size": 50}),
        (("firm",), [{"firm.size": 50, "firm.name": "Acme"}], {"firm": {"size": 50, "name": "Acme"}}),
        (("firm.size",), [{"firm.size": 50}, {"firm": {"name": "Acme"}}], {}),
        (("seats", "active"), [{"seats": 0, "active": False}], {"seats": 0, "active": False}),
    ],
)
def test_a_hot_lead_tells_what_the_contact_has_of_what_the_model_includes(
    included: tuple[str, ...] | None, writes: list[dict[str, Any]], told: dict[str, Any] | None
) -> None:
    model = Model("m", "v", (SCORE,), (HotLead("s", "hot", include_attributes=included),))
    scorer = Scorer(model)
    facts: list[Fact] = [AttributesWritten(f"u{at}", at, at, write) for at, write in enumerate(writes, 1)]
    facts.append(Event("e-1", "e", 9, 9, {}, {}))

    (step,) = scorer.apply_in_place(scorer.blank(), facts).steps
    assert [lead.attributes for lead in step.hot_leads] == [told]
    (seen,) = replay(model, [facts]).steps
    assert told is None or told == {name: seen.attributes[name] for name in included or () if name in seen.attributes}
