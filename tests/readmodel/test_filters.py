"""Whom SQL finds is whom the predicate holds: one meaning of a filter, with a database and without."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamprocessor.contract.model_file import parse_model
from streamprocessor.contract.records import encode_record
from streamprocessor.contract.segments import holds, shown_of
from streamprocessor.readmodel.batches import Changes
from streamprocessor.readmodel.database import epoch_of, open_database, reading
from streamprocessor.readmodel.queries import Order, count_contacts, page_of_contacts
from streamprocessor.readmodel.rows import no_rows, rows_of
from streamprocessor.readmodel.writing import write
from streamprocessor.scoring.facts import AttributesWritten, Event, SuppressionChanged
from streamprocessor.scoring.joining import attributes_of, is_suppressed
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.segments import AttributeCondition, ContactFilter, ScoreCondition
from tests.readmodel.conftest import MODEL

NOW_MS = 1_795_334_400_000
SCORER = Scorer(parse_model(MODEL, "m"))
CONTACTS = tuple(f"c-{n}" for n in range(6))

texts = st.text("aAß%_\\/'\"7.\n\0é", max_size=4)
values = st.one_of(
    texts,
    st.sampled_from(["7", "7.0", "true", "null", "[]", "a" * 511 + "7", "a" * 511 + "77"]),
    st.integers(6, 8),
    st.sampled_from([7.0, 7.5, -0.0, 10**15, 2**53 + 1, 1e300]),
    st.booleans(),
    st.lists(st.integers(6, 8), max_size=2),
    st.none(),
)
names = st.sampled_from(["a", "A", "b%"])
events = st.one_of(
    st.just(("form_submission", {"form": "contact"})),
    st.sampled_from(["/pricing", "/", "a"]).map(lambda path: ("page_visit", {"path": path})),
    st.just(("email_open", {})),
    st.just(("unsubscribe", {})),
)
contacts = st.tuples(
    st.lists(events, max_size=5),
    st.dictionaries(names, values, max_size=3),
    st.booleans(),  # is a CEO, so fit and grade are other ones
    st.booleans(),  # is suppressed
)

operands = st.one_of(texts.filter(lambda text: "\0" not in text), st.booleans(), st.sampled_from([6.0, 7.0, 7.5, 1e15]))
words = st.sampled_from(["a", "A", "%", "_", "\\", "7", "ß", "a" * 511 + "7", "\n", "é", "/"])
numbers = st.sampled_from([None, -1.0, 6.5, 7.0, 7.5])


@st.composite
def attribute_conditions(draw):
    kind = draw(st.sampled_from(["equals", "one_of", "exists", "contains", "starts_with", "bounds"]))
    if kind == "bounds":
        low, high = draw(numbers), draw(numbers)
        said = {"at_least": low, "at_most": high} if (low, high) != (None, None) else {"at_least": 7.0}
    elif kind == "one_of":
        said = {"one_of": tuple(draw(st.lists(operands, min_size=1, max_size=3)))}
    else:
        said = {kind: draw({"equals": operands, "exists": st.booleans()}.get(kind, words))}
    return AttributeCondition(draw(names), **said)


score_conditions = st.builds(
    lambda place, stages, low, high: ScoreCondition(*place, tuple(stages), low, high),
    st.sampled_from(
        [("engagement", ""), ("fit", ""), ("grade", ""), ("interest", "/"), ("interest", "a"), ("none", "")]
    ),
    st.lists(st.sampled_from(["cold", "warm", "hot", "A", "A1", "B3", "none"]), max_size=3),
    st.sampled_from([None, None, 0.0, 3.0, 25.0, 25.5]),
    st.sampled_from([None, None, 0.0, 10.0, 25.0, 60.0]),
)
filters = st.builds(
    ContactFilter,
    st.lists(score_conditions, max_size=2).map(tuple),
    st.lists(attribute_conditions(), max_size=2).map(tuple),
    st.sampled_from([None, None, True, False]),
)


def record_of(events, attributes, is_ceo, is_suppressed):
    attributes = attributes | ({"job_title": "CEO"} if is_ceo else {})
    facts = [Event(f"e-{n}", kind, NOW_MS, NOW_MS, said, {}) for n, (kind, said) in enumerate(events)]
    facts.append(AttributesWritten("w", NOW_MS, NOW_MS, attributes))
    facts.append(SuppressionChanged("s", NOW_MS, NOW_MS, is_suppressed))
    record = SCORER.blank()
    SCORER.apply(record, facts)
    return record


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request, tmp_path_factory):
    """An empty database of each kind."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").url(f"t{os.urandom(4).hex()}")
    engine = open_database(url, tmp_path_factory.mktemp("filters") / "read-model.sqlite")
    yield engine
    engine.dispose()


def put(engine, records):
    """The records into the tables, the way of what comes from Kafka."""
    rows = {name: no_rows(name) for name in CONTACTS}
    rows |= {name: rows_of(SCORER, name, encode_record(record)) for name, record in records.items()}
    with reading(engine) as connection:
        epoch = epoch_of(connection)
    write(engine, epoch, Changes(contacts=rows), NOW_MS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(contacts, max_size=len(CONTACTS)), st.lists(filters, min_size=4, max_size=12))
def test_whom_sql_finds_is_whom_the_predicate_holds(engine, people, wanted):
    records = {name: record_of(*person) for name, person in zip(CONTACTS, people, strict=False)}
    put(engine, records)

    for each in wanted:
        held = {
            name
            for name, record in records.items()
            if holds(
                each,
                shown_of(SCORER.scores_at(record, record.at_ms).values()),
                {attribute: written[0] for attribute, written in attributes_of(record).items()},
                is_suppressed(record),
            )
        }
        with reading(engine) as connection:
            found = page_of_contacts(connection, Order("engagement"), each, 100)
            assert {row.contact_id for row in found} == held, each
            assert count_contacts(connection, each) == len(held), each
