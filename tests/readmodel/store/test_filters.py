"""Whom SQL finds is whom the predicate holds: one meaning of a filter, with a database and without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.segment_membership import holds, shown_of
from streamprocessor.readmodel.projection.changes import Changes
from streamprocessor.readmodel.projection.writes import write
from streamprocessor.readmodel.store.database import epoch_of, reading
from streamprocessor.readmodel.store.queries import SortOrder, contacts_in_order, count_contacts, page_of_contacts
from streamprocessor.readmodel.store.rows import no_rows, rows_of
from streamprocessor.scoring.evidence.union import attributes_of, is_suppressed
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter, ScoreCondition
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact, SuppressionChanged
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.example_share import share
from tests.readmodel.conftest import MODEL, empty_database
from tests.readmodel.databases import opened_database

NOW_MS = 1_795_334_400_000
SCORER = Scorer(parse_model(MODEL, "m"))
CONTACTS = tuple(f"c-{n}" for n in range(50))

POOL = [
    "a",
    "A",
    "aA",
    "a%",
    "a_",
    "%",
    "_",
    "\\",
    "/",
    "7",
    "7.0",
    "-7",
    "True",
    "true",
    "null",
    "[7]",
    "ß",
    "SS",
    "\u00e9",
    "E\u0301",
    "\n",
    "a" * 511 + "7",
]
LONG_AND_ODD = ["a" * 511 + "77", "ß" * 300, "7,5", "", "\0", "a\0A", "False", "1"]
OTHERS = [6, 7, 7.0, 7.5, 0, 1, -0.0, 10**15, 2**53 + 1, 1e300, True, False, None, [], [7], {"a": 7}]
OPERANDS = ["", True, False, 0.0, 1.0, 6.0, 7.0, 7.5, 1e15]
NUMBERS = [-1.0, 6.5, 7.0, 7.5]
values = st.one_of(st.sampled_from([*POOL, *LONG_AND_ODD, *OTHERS]), st.text("aA%_7\0é", max_size=4))
names = st.sampled_from(["a", "A", "b%"])
events: st.SearchStrategy[tuple[str, dict[str, str]]] = st.one_of(
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

words = st.sampled_from(POOL)
operands = st.one_of(words, st.sampled_from(OPERANDS))
numbers = st.sampled_from([None, *NUMBERS])


@st.composite
def attribute_conditions(draw: st.DrawFn) -> AttributeCondition:
    words_of_condition: dict[str, Any]
    kind = draw(st.sampled_from(["equals", "one_of", "exists", "contains", "starts_with", "bounds"]))
    if kind == "bounds":
        low, high = draw(numbers), draw(numbers)
        words_of_condition = {"at_least": low, "at_most": high} if (low, high) != (None, None) else {"at_least": 7.0}
    elif kind == "one_of":
        words_of_condition = {"one_of": tuple(draw(st.lists(operands, min_size=1, max_size=3)))}
    else:
        words_of_condition = {kind: draw({"equals": operands, "exists": st.booleans()}.get(kind, words))}
    return AttributeCondition(draw(names), **words_of_condition)


score_conditions = st.builds(
    lambda place, stages, low, high: ScoreCondition(place[0], place[1], stages, low, high),
    st.sampled_from(
        [("engagement", ""), ("fit", ""), ("grade", ""), ("interest", "/"), ("interest", "a"), ("none", "")]
    ),
    st.sampled_from([(), (), ("cold", "B3", "A"), ("hot", "A1"), ("none",)]),
    st.sampled_from([None, None, 0.0, 3.0, 25.0, 25.5]),
    st.sampled_from([None, None, 0.0, 10.0, 25.0, 60.0]),
)
suppressions = st.sampled_from([None, True, False])
filters = st.one_of(
    st.builds(lambda score: ContactFilter((score,)), score_conditions),
    st.builds(lambda attribute: ContactFilter(attributes=(attribute,)), attribute_conditions()),
    st.builds(lambda suppressed: ContactFilter(suppressed=suppressed), suppressions),
    st.builds(
        ContactFilter,
        st.lists(score_conditions, max_size=2).map(tuple),
        st.lists(attribute_conditions(), max_size=2).map(tuple),
        suppressions,
    ),
)


def record_of(
    events: Sequence[tuple[str, dict[str, str]]], attributes: dict[str, Any], is_ceo: bool, is_suppressed: bool
) -> Record:
    attributes = attributes | ({"job_title": "CEO"} if is_ceo else {})
    facts: list[Fact] = [
        Event(f"e-{n}", kind, NOW_MS, NOW_MS, properties, {}) for n, (kind, properties) in enumerate(events)
    ]
    facts.append(AttributesWritten("w", NOW_MS, NOW_MS, attributes))
    facts.append(SuppressionChanged("s", NOW_MS, NOW_MS, is_suppressed))
    record = SCORER.blank()
    SCORER.apply_in_place(record, facts)
    return record


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An empty database of each kind."""
    with opened_database(empty_database(request), tmp_path_factory.mktemp("filters") / "read-model.sqlite") as engine:
        yield engine


def put(engine: Engine, records: dict[str, Record]) -> None:
    """The records into the tables, the way of what comes from Kafka."""
    rows = {name: no_rows(name) for name in CONTACTS}
    rows |= {name: rows_of(SCORER, name, encode_record(record)) for name, record in records.items()}
    with reading(engine) as connection:
        epoch = epoch_of(connection)
    write(engine, epoch, Changes(contacts=rows), NOW_MS)


def in_order(connection: Connection, filter_: ContactFilter) -> list[str]:
    """All contacts of a filter, as an export reads them."""
    ids: list[str] = []
    while rows := contacts_in_order(connection, filter_, 7, ids[-1] if ids else None):
        ids += [row.contact_id for row in rows]
    return ids


def assert_sql_finds_whom_the_predicate_holds(
    engine: Engine, records: dict[str, Record], filters: Sequence[ContactFilter]
) -> None:
    put(engine, records)
    judged = [
        (
            name,
            shown_of(SCORER.scores_at(record, record.at_ms).values()),
            {attribute: written[0] for attribute, written in attributes_of(record).items()},
            is_suppressed(record),
        )
        for name, record in records.items()
    ]
    with reading(engine) as connection:
        for each in filters:
            holders = {
                name for name, scores, attributes, suppressed in judged if holds(each, scores, attributes, suppressed)
            }
            rows = page_of_contacts(connection, SortOrder("engagement"), each, 100)
            assert {row.contact_id for row in rows} == holders, each
            assert in_order(connection, each) == sorted(holders), each
            assert count_contacts(connection, each) == len(holders), each


@share(15)
@given(st.lists(contacts, min_size=4, max_size=8), st.lists(filters, min_size=20, max_size=30))
def test_whom_sql_finds_is_whom_the_predicate_holds(
    engine: Engine, people: list[Any], wanted: Sequence[ContactFilter]
) -> None:
    records = {name: record_of(*person) for name, person in zip(CONTACTS, people, strict=False)}
    assert_sql_finds_whom_the_predicate_holds(engine, records, wanted)


def test_each_kind_of_value_is_compared_alike_with_each_operand(engine: Engine) -> None:
    everything = [*POOL, *LONG_AND_ODD, *OTHERS]
    records = {
        name: record_of([], {"a": value}, is_ceo=False, is_suppressed=False)
        for name, value in zip(CONTACTS, everything, strict=False)
    }
    assert len(everything) == len(records)
    conditions: list[dict[str, Any]] = [{kind: word} for kind in ("contains", "starts_with", "equals") for word in POOL]
    conditions += [{"equals": operand} for operand in OPERANDS]
    conditions += [{"one_of": (operand, "a%")} for operand in OPERANDS]
    conditions += [{kind: number} for kind in ("at_least", "at_most") for number in NUMBERS]
    conditions += [{"at_least": low, "at_most": high} for low in NUMBERS for high in NUMBERS]
    conditions += [{"exists": True}, {"exists": False}]

    filters = [ContactFilter(attributes=(AttributeCondition("a", **condition),)) for condition in conditions]
    assert_sql_finds_whom_the_predicate_holds(engine, records, filters)
