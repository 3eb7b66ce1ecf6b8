"""Random histories of a contact, made so that ties, clashes of ids and displaced events are common."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from streamprocessor.scoring.model.model import DAY_MS, Model
from streamprocessor.scoring.model.rules import AttributeRule
from streamprocessor.scoring.record.facts import (
    BROWSER_ONCE_RANK,
    BROWSER_RANK,
    HUMAN,
    PROXY,
    SCANNER,
    SERVER_ONCE_RANK,
    SERVER_RANK,
    AttributesWritten,
    Event,
    Fact,
    SuppressionChanged,
    Verdict,
)
from tests.scoring.models import (
    ATTRIBUTES,
    MESSAGES,
    ORDERS,
    PATHS,
    PRODUCTS,
    START_MS,
    SUPPRESSING_TYPES,
    TYPES,
    URLS,
)
from tests.scoring.oracle.evidence import TRACED
from tests.scoring.oracle.steps import jump_instants

ALL_TYPES = (*TYPES, *SUPPRESSING_TYPES)
RANKS = (BROWSER_RANK, SERVER_RANK, BROWSER_ONCE_RANK, SERVER_ONCE_RANK)

offsets_ms = st.one_of(
    st.integers(0, 12),
    st.integers(0, 60).map(lambda days: days * DAY_MS),
    st.tuples(st.integers(0, 40), st.integers(-2, 2)).map(lambda at: max(0, at[0] * DAY_MS + at[1])),
    st.integers(0, 100 * DAY_MS),
)
delays_ms = st.one_of(
    st.just(0), st.just(0), st.sampled_from([DAY_MS, DAY_MS + 1]), st.integers(0, 5_000), st.integers(0, 20 * DAY_MS)
)
actors = st.sampled_from([HUMAN, HUMAN, HUMAN, HUMAN, PROXY, SCANNER])
amounts: st.SearchStrategy[Any] = st.one_of(
    st.integers(-20, 200),
    st.integers(-200, 2_000).map(lambda n: n / 10),
    st.sampled_from(["12", "12.5", "-3", "1,5", "1e2"]),
    st.just(value=True),
)
properties: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "path": st.sampled_from(PATHS),
        "url": st.sampled_from(URLS),
        "amount": amounts,
        "message": st.sampled_from(MESSAGES),
        "product": st.sampled_from(PRODUCTS),
        "order_id": st.sampled_from(ORDERS),
        "kind": st.sampled_from(["hard", "Hard", "soft", None]),
    },
)
contexts = st.sampled_from([{}, {"user_agent": "Mozilla/5.0"}])
moments = st.builds(lambda offset_ms, delay_ms: (START_MS + offset_ms, delay_ms), offsets_ms, delays_ms)


@st.composite
def events(draw: st.DrawFn, number: int, types: Sequence[str]) -> Event:
    at_ms, delay_ms = draw(moments)
    event_type = draw(st.sampled_from(types))
    return Event(f"e{number}", event_type, at_ms, at_ms + delay_ms, draw(properties), draw(contexts), draw(actors))


@st.composite
def bursts(draw: st.DrawFn, number: int) -> list[Event]:
    """What a scanner may do with one message, and a person too: clicks and such in a moment, around its delivery."""
    at_ms, delay_ms = draw(moments)
    message = draw(st.sampled_from(MESSAGES))
    made = []
    for n in range(draw(st.integers(2, 6))):
        event_type = draw(st.sampled_from(["email_click"] * 5 + ["unsubscribe", "email_delivered", "page_visit"]))
        message_properties = draw(
            st.fixed_dictionaries({"message": st.just(message)}, optional={"url": st.sampled_from(URLS)})
        )
        if draw(st.integers(0, 9)) == 0:
            message_properties["honeypot"] = draw(st.sampled_from([True, True, False, 1]))
        occurred_at_ms = at_ms + draw(st.integers(0, 8))
        arrival_ms = occurred_at_ms + draw(st.sampled_from([0, delay_ms]))
        made.append(
            Event(f"b{number}-{n}", event_type, occurred_at_ms, arrival_ms, message_properties, {}, draw(actors))
        )
    return made


@st.composite
def submissions(draw: st.DrawFn, number: int) -> list[Event]:
    """A form sent again and again, about as far apart as a repeat may be from what it repeats."""
    at_ms, delay_ms = draw(moments)
    said = draw(st.lists(properties, min_size=1, max_size=2))
    made = []
    for n in range(draw(st.integers(2, 6))):
        seconds, odd_ms = draw(st.sampled_from([0, 0, 3, 10, 13, 20, 30])), draw(st.integers(-1, 1))
        occurred_at_ms = at_ms + max(0, seconds * 1_000 + odd_ms)
        arrival_ms = occurred_at_ms + draw(st.sampled_from([0, delay_ms]))
        form_properties = draw(st.sampled_from(said)) | draw(
            st.sampled_from([{}, {"$time": n}, {"contexts": n}, {"fields": {"a": "b"}}])
        )
        made.append(
            Event(f"f{number}-{n}", "form_submission", occurred_at_ms, arrival_ms, form_properties, {}, draw(actors))
        )
    return made


@st.composite
def twins(draw: st.DrawFn, event: Event) -> Event:
    """Another content under the same id, different in one respect; often at the same instant."""
    match draw(st.sampled_from(["type", "actor", "properties", "time"])):
        case "type":
            return event._replace(type=draw(st.sampled_from(ALL_TYPES)))
        case "actor":
            return event._replace(actor=draw(actors))
        case "properties":
            return event._replace(properties=draw(properties))
    at_ms, delay_ms = draw(moments)
    return event._replace(occurred_at_ms=at_ms, arrival_ms=at_ms + delay_ms)


@st.composite
def updates(draw: st.DrawFn, number: int, event_ids: Sequence[str]) -> Fact:
    update_id, (at_ms, delay_ms) = f"u{number}", draw(moments)
    match draw(st.sampled_from(["attributes", "verdict", "suppressed"])):
        case "attributes":
            values: dict[str, list[Any]] = {
                "title": ["CEO", "ceo & founder", "CTO", ["Ceo"], None],
                "country": ["DE", "De", "FR", None],
                "size": [50, 500, 1, "250", "60", True],
                "firm": ["Acme", {"size": 50}, {"size": 500, "name": "Acme"}, None],
                "firm.size": [50, "500", None],
            }
            names = draw(st.lists(st.sampled_from(ATTRIBUTES), min_size=1, max_size=2, unique=True))
            attributes = {name: draw(st.sampled_from(values[name])) for name in names}
            rank = draw(st.sampled_from(RANKS))
            return AttributesWritten(update_id, at_ms, at_ms + delay_ms, attributes, rank, draw(st.booleans()))
        case "verdict":
            return Verdict(update_id, at_ms, at_ms + delay_ms, draw(st.sampled_from(event_ids)), draw(actors))
    return SuppressionChanged(update_id, at_ms, at_ms + delay_ms, draw(st.booleans()))


@st.composite
def histories(draw: st.DrawFn, model: Model, most_events: int = 12) -> list[Fact]:
    """A contact's facts in no order. Some events share an id; an update's id is its own.

    An event of a type that no rule cares for leaves no evidence, so it shares its id with its like only.
    """
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    types += draw(st.lists(st.sampled_from(SUPPRESSING_TYPES), max_size=2))
    singles = [draw(events(n, types)) for n in range(draw(st.integers(1, most_events)))]
    singles += [event for n in range(draw(st.integers(0, 1))) for event in draw(bursts(n))]
    singles += [event for n in range(draw(st.integers(0, 1))) for event in draw(submissions(n))]
    doubles = [draw(twins(event)) for event in draw(st.lists(st.sampled_from(singles), max_size=3))]
    cared_for = types_cared_for(model)
    idle_named = [e if e.type in cared_for else e._replace(id=f"{e.id}-idle") for e in [*singles, *doubles]]
    event_ids = [*(event.id for event in singles), "never-seen"]
    return [*idle_named, *(draw(updates(n, event_ids)) for n in range(draw(st.integers(0, 6))))]


def types_cared_for(model: Model) -> set[str]:
    rules = [rule for score in model.scores for rule in score.rules if not isinstance(rule, AttributeRule)]
    named = {event_type for rule in rules for event_type in (ALL_TYPES if rule.types is None else rule.types)}
    named |= {*model.suppression.by, *model.suppression.lifted_by}
    if "hard_bounce" in named:
        named.add("email_bounce")
    return named | TRACED.keys() if model.scanners else named


@st.composite
def redelivered(draw: st.DrawFn, history: Sequence[Fact]) -> list[Fact]:
    """The same facts in another order, some of them several times, a copy perhaps arriving later."""
    copies = draw(st.lists(st.sampled_from(history), max_size=5))
    late = [fact._replace(arrival_ms=fact.arrival_ms + draw(delays_ms)) for fact in copies]
    return list(draw(st.permutations([*history, *late])))


@st.composite
def split(draw: st.DrawFn, facts: Sequence[Fact]) -> list[list[Fact]]:
    """The facts in their order, cut into batches anywhere."""
    cuts = sorted(draw(st.sets(st.integers(1, len(facts) - 1)))) if len(facts) > 1 else []
    edges = [0, *cuts, len(facts)]
    return [list(facts[a:b]) for a, b in itertools.pairwise(edges)]


def instants(model: Model, facts: Sequence[Fact]) -> st.SearchStrategy[int]:
    """Instants worth asking at: at and around events and what they make jump, whole days after one, anywhere."""
    occurred = st.sampled_from([fact.occurred_at_ms for fact in facts])
    jumps = jump_instants(model, facts, START_MS + 100 * DAY_MS) + jump_instants(model, facts, START_MS + DAY_MS)
    return st.one_of(
        occurred,
        st.builds(
            lambda at_ms, off_ms: at_ms + off_ms, st.sampled_from(jumps) if jumps else occurred, st.integers(-1, 1)
        ),
        st.builds(lambda at_ms, days: at_ms + days * DAY_MS, occurred, st.sampled_from([1, 7, 14, 30, 60, 90, 365])),
        st.builds(lambda at_ms, off_ms: at_ms + off_ms, occurred, st.integers(-12, 12)),
        st.integers(START_MS - DAY_MS, START_MS + 500 * DAY_MS),
    )
