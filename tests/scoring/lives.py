"""Random lives of a contact, made so that ties, clashes of ids and displaced events are common."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from streamprocessor.scoring.facts import (
    HUMAN,
    PROXY,
    SCANNER,
    AttributesWritten,
    Event,
    Fact,
    SuppressionChanged,
    Verdict,
)
from streamprocessor.scoring.model import DAY_MS
from tests.scoring.models import ATTRIBUTES, PATHS, START_MS, TYPES, URLS

offsets_ms = st.one_of(
    st.integers(0, 12),
    st.integers(0, 60).map(lambda days: days * DAY_MS),
    st.tuples(st.integers(0, 40), st.integers(-2, 2)).map(lambda at: max(0, at[0] * DAY_MS + at[1])),
    st.integers(0, 100 * DAY_MS),
)
delays_ms = st.one_of(st.just(0), st.just(0), st.integers(0, 5_000), st.integers(0, 20 * DAY_MS))
actors = st.sampled_from([HUMAN, HUMAN, HUMAN, PROXY, SCANNER])
amounts: st.SearchStrategy[Any] = st.one_of(
    st.integers(-20, 200), st.integers(-200, 2_000).map(lambda n: n / 10), st.just("12"), st.just(value=True)
)
properties: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={"path": st.sampled_from(PATHS), "url": st.sampled_from(URLS), "amount": amounts}
)
contexts = st.sampled_from([{}, {"user_agent": "Mozilla/5.0"}])


@st.composite
def events(draw: st.DrawFn) -> Event:
    at_ms = START_MS + draw(offsets_ms)
    arrival_ms = at_ms + draw(delays_ms)
    event_type = draw(st.sampled_from(TYPES))
    event_id = f"e{draw(st.integers(0, 25))}"
    return Event(event_id, event_type, at_ms, arrival_ms, draw(properties), draw(contexts), draw(actors))


@st.composite
def updates(draw: st.DrawFn) -> Fact:
    at_ms = START_MS + draw(offsets_ms)
    arrival_ms = at_ms + draw(delays_ms)
    match draw(st.sampled_from(["attributes", "verdict", "suppressed"])):
        case "attributes":
            values = st.sampled_from(["CEO", "CTO", "DE", 50, 500, 1, True, None])
            written = draw(st.dictionaries(st.sampled_from(ATTRIBUTES), values, min_size=1))
            return AttributesWritten("u", at_ms, arrival_ms, written)
        case "verdict":
            return Verdict("u", at_ms, arrival_ms, f"e{draw(st.integers(0, 25))}", draw(actors))
    return SuppressionChanged("u", at_ms, arrival_ms, draw(st.booleans()))


@st.composite
def lives(draw: st.DrawFn, most_events: int = 12) -> list[Fact]:
    """A contact's facts in no order. Events may share an id; an update's id is its own."""
    learned: list[Fact] = [draw(events()) for _ in range(draw(st.integers(1, most_events)))]
    drawn = draw(st.lists(updates(), max_size=4))
    return learned + [update._replace(id=f"u{n}") for n, update in enumerate(drawn)]


@st.composite
def redelivered(draw: st.DrawFn, life: Sequence[Fact]) -> list[Fact]:
    """The same facts in another order, some of them several times, a copy perhaps arriving later."""
    copies = draw(st.lists(st.sampled_from(life), max_size=5))
    late = [fact._replace(arrival_ms=fact.arrival_ms + draw(delays_ms)) for fact in copies]
    return list(draw(st.permutations([*life, *late])))


@st.composite
def split(draw: st.DrawFn, facts: Sequence[Fact]) -> list[list[Fact]]:
    """The facts in their order, cut into batches anywhere."""
    cuts = sorted(draw(st.sets(st.integers(1, len(facts) - 1)))) if len(facts) > 1 else []
    edges = [0, *cuts, len(facts)]
    return [list(facts[a:b]) for a, b in itertools.pairwise(edges)]


def instants(facts: Sequence[Fact]) -> st.SearchStrategy[int]:
    """Instants worth asking at: at and around the events, a whole number of days after one, anywhere."""
    occurred = st.sampled_from([fact.occurred_at_ms for fact in facts])
    return st.one_of(
        occurred,
        st.builds(lambda at_ms, days: at_ms + days * DAY_MS, occurred, st.sampled_from([1, 7, 14, 30, 60, 90, 365])),
        st.builds(lambda at_ms, off_ms: at_ms + off_ms, occurred, st.integers(-12, 12)),
        st.integers(START_MS - DAY_MS, START_MS + 500 * DAY_MS),
    )
