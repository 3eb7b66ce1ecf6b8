from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import (
    WORKERS_FOLLOW_WITHIN_MS,
    ModelRevision,
    decode_revision,
    digest_of,
    encode_revision,
    highest_number_of,
    history_of,
    model_of,
    new_key,
    newest_of,
    revision_after,
)
from streamprocessor.errors import OperatorError

REVISION = ModelRevision(3, "default", "5f1c", "scores: {} # für alle\n", 1_795_334_400_000)


def test_a_revision_written_is_the_revision_read() -> None:
    assert decode_revision(encode_revision(REVISION)) == REVISION


def test_a_revision_is_json_with_the_text_of_the_file() -> None:
    assert encode_revision(REVISION).startswith(b'{"revision":3,"name":"default","version":"5f1c","text":"scores: ')
    assert b'"applied_at":1795334400000' in encode_revision(REVISION)


def test_a_revision_of_before_there_was_an_origin_is_read() -> None:
    old = b'{"revision":3,"name":"default","version":"5f1c","text":"scores: {}","applied_at":1}'
    read = decode_revision(old)
    assert read == ModelRevision(3, "default", "5f1c", "scores: {}", 1, origin="")
    assert (read.author, read.note, read.approved_by, read.based_on) == ("", "", (), "")


class Stored(NamedTuple):
    """A record of the models topic."""

    key: bytes | None
    value: bytes | None


def said(revision: int, scores: str, segments: str = "", key: bytes | None = None) -> Stored:
    """A record of the revision, with a key of its own unless one is given."""
    applied = ModelRevision(revision, "m", scores, f"{scores} {segments}", 0)
    return Stored(key or new_key(applied), encode_revision(applied))


def based(on: Stored, revision: int, scores: str, segments: str = "") -> Stored:
    """A record of the revision that counts where the other one is in force when it lands."""
    applied = msgspec.structs.replace(
        decode_revision(said(revision, scores, segments).value or b""),
        based_on=digest_of(decode_revision(on.value or b"")),
    )
    return Stored(new_key(applied), encode_revision(applied))


def compacted(records: list[Stored]) -> list[Stored]:
    """The records that Kafka's compaction leaves: the last one under each key."""
    last = {record.key: place for place, record in enumerate(records)}
    return [record for place, record in enumerate(records) if last[record.key] == place]


def told(records: list[Stored]) -> list[tuple[str, str]]:
    """The label and the text of each revision of the history."""
    return [(entry.label, entry.revision.text.strip()) for entry in history_of(records)]


@pytest.mark.parametrize(
    ("records", "history"),
    [
        pytest.param([], [], id="nothing was applied"),
        pytest.param([said(1, "a"), said(2, "b")], [("1", "a"), ("2", "b")], id="one after the other"),
        pytest.param([said(1, "a"), said(2, "b"), said(2, "c")], [("1", "a"), ("2", "b")], id="two at one moment"),
        pytest.param(
            [said(1, "a"), said(2, "b"), said(2, "c"), said(3, "c")],
            [("1", "a"), ("2", "b"), ("3", "c")],
            id="who came second applies again",
        ),
        pytest.param([said(1, "a"), said(1, "a")], [("1", "a")], id="the same file at one moment"),
        pytest.param(
            [said(1, "a"), said(1, "a", "x"), said(1, "a", "y"), said(2, "b"), said(2, "b", "x")],
            [("1", "a"), ("1.1", "a x"), ("1.2", "a y"), ("2", "b"), ("2.1", "b x")],
            id="other segments",
        ),
        pytest.param(
            [said(2, "b"), said(2, "c"), said(2, "b", "x")],
            [("2", "b"), ("2.1", "b x")],
            id="other segments for the one that counts",
        ),
        pytest.param([said(1, "a"), said(3, "b"), said(2, "c")], [("1", "a"), ("3", "b")], id="one that came too late"),
        pytest.param(
            [Stored(b"\x00clock", b"no revision"), said(1, "a"), Stored(b"gone", None)], [("1", "a")], id="no revisions"
        ),
        pytest.param(
            [said(4, "d", key=b"m"), said(5, "e")], [("4", "d"), ("5", "e")], id="old topic, first new record"
        ),
    ],
)
def test_what_was_in_force_is_decided_by_the_order_in_the_topic(
    records: list[Stored], history: list[tuple[str, str]]
) -> None:
    assert told(records) == history
    newest = newest_of(records)
    assert (None if newest is None else newest.text.strip()) == (history[-1][1] if history else None)


def test_records_under_the_models_name_are_read_with_what_compaction_left_of_them() -> None:
    old = [said(1, "a", key=b"m"), said(2, "b", key=b"m"), said(2, "b", "x", key=b"m")]

    assert told(old) == [("1", "a"), ("2", "b"), ("2.1", "b x")]
    assert told([*compacted(old), said(3, "c")]) == [("2", "b x"), ("3", "c")]


A1, A1X, B2 = said(1, "a"), said(1, "a", "x"), said(2, "b")


@pytest.mark.parametrize(
    ("records", "history"),
    [
        pytest.param([A1, based(A1, 2, "b")], [("1", "a"), ("2", "b")], id="on what is in force"),
        pytest.param([A1, based(A1, 2, "b"), based(A1, 2, "c")], [("1", "a"), ("2", "b")], id="two at one moment"),
        pytest.param(
            [A1, based(A1, 1, "a", "x"), based(A1, 2, "b")], [("1", "a"), ("1.1", "a x")], id="segments came first"
        ),
        pytest.param(
            [A1, based(A1, 1, "a", "x"), based(A1, 1, "a", "y")],
            [("1", "a"), ("1.1", "a x")],
            id="two with other segments",
        ),
        pytest.param(
            [A1, based(A1, 1, "a", "x"), based(A1, 2, "b"), based(A1X, 3, "b")],
            [("1", "a"), ("1.1", "a x"), ("3", "b")],
            id="the loser begins with what came first",
        ),
        pytest.param([A1, B2, based(A1, 3, "c")], [("1", "a"), ("2", "b")], id="behind one without a base"),
        pytest.param([A1, based(A1, 2, "b"), said(3, "c")], [("1", "a"), ("2", "b"), ("3", "c")], id="none follows"),
        pytest.param(
            [A1, A1X, said(1, "a"), based(A1, 2, "b")],
            [("1", "a"), ("1.1", "a x"), ("1.2", "a"), ("2", "b")],
            id="the same is in force again",
        ),
        pytest.param([based(A1, 2, "b")], [("2", "b")], id="the topic begins with it"),
    ],
)
def test_a_revision_that_names_its_base_counts_where_that_is_in_force_when_it_lands(
    records: list[Stored], history: list[tuple[str, str]]
) -> None:
    assert told(records) == history
    assert highest_number_of(records) == max(decode_revision(record.value or b"").revision for record in records)


records_of_few = st.lists(
    st.one_of(
        st.builds(said, st.integers(1, 4), st.sampled_from("abc"), st.sampled_from(["", "x"])),
        st.builds(
            based,
            st.builds(said, st.integers(1, 3), st.sampled_from("abc"), st.sampled_from(["", "x"])),
            st.integers(1, 4),
            st.sampled_from("abc"),
            st.sampled_from(["", "x"]),
        ),
    ),
    max_size=12,
)


@given(records_of_few, st.data())
def test_every_reader_has_the_same_model_whenever_it_reads_and_compaction_takes_nothing_away(
    records: list[Stored], data: st.DataObject
) -> None:
    history = history_of(records)
    cut = data.draw(st.integers(0, len(records)))
    followed = newest_of(records[cut:], newest_of(records[:cut]))

    assert followed == newest_of(records) == (history[-1].revision if history else None)
    assert history_of(compacted(records)) == history
    assert history_of([*compacted(records[:cut]), *records[cut:]]) == history
    by_number: dict[int, set[str]] = {}
    for entry in history:
        by_number.setdefault(entry.revision.revision, set()).add(entry.revision.version)
    assert all(len(versions) == 1 for versions in by_number.values())
    assert all(one.revision.revision <= next_.revision.revision for one, next_ in pairwise(history))
    assert len({entry.label for entry in history}) == len(history)
    for before, entry in pairwise(history):
        assert entry.revision.based_on in ("", digest_of(before.revision))


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"revision":3}', b'{"revision":"3"}', b"\xff"])
def test_a_value_that_is_no_revision_is_refused(value: Any) -> None:
    with pytest.raises(OperatorError, match="models"):
        decode_revision(value)


OPENS = "{scanners: off, scores: {s: {rules: [{id: open, on: email_open, points: 1}]}}}"
OPENS_AND_CLICKS = """
scanners: off
scores:
  s:
    rules:
      - {id: open, on: email_open, points: 1}
      - {id: click, on: email_click, points: 1, where: {properties.url: /a}}
"""


def test_the_next_revision_says_since_when_evidence_keeps_what_is_new_and_passes_it_on() -> None:
    first = revision_after(None, parse_model(OPENS, "m"), OPENS, 1_000)
    second = revision_after(first, parse_model(OPENS_AND_CLICKS, "m"), OPENS_AND_CLICKS, 2_000, announce_hot_leads=True)
    third = revision_after(second, parse_model(OPENS_AND_CLICKS, "m"), OPENS_AND_CLICKS, 3_000)
    since_ms = 2_000 + WORKERS_FOLLOW_WITHIN_MS
    covered_since = {"email_click": {"": since_ms, "properties.url": since_ms}}
    assert [each.revision for each in (first, second, third)] == [1, 2, 3]
    assert [each.kept_since for each in (first, second, third)] == [{}, covered_since, covered_since]
    assert [each.announce_hot_leads for each in (first, second, third)] == [False, True, False]


def test_a_revision_read_back_makes_the_model_that_was_applied() -> None:
    first = revision_after(None, parse_model(OPENS, "m"), OPENS, 1_000)
    applied = revision_after(
        first, parse_model(OPENS_AND_CLICKS, "m"), OPENS_AND_CLICKS, 2_000, announce_hot_leads=True
    )
    model = model_of(decode_revision(encode_revision(applied)))
    assert (model.revision, model.covered_since_ms, model.announce_hot_leads) == (2, applied.kept_since, True)
    assert model.version == parse_model(OPENS_AND_CLICKS, "m").version


def test_a_revision_of_before_there_was_a_since_counts_all() -> None:
    old = b'{"revision":3,"name":"default","version":"5f1c","text":"' + OPENS.encode() + b'","applied_at":1}'
    model = model_of(decode_revision(old))
    assert (model.covered_since_ms, model.announce_hot_leads) == ({}, False)
