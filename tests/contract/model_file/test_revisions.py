from typing import Any

import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import (
    WORKERS_FOLLOW_WITHIN_MS,
    ModelRevision,
    decode_revision,
    encode_revision,
    key_of,
    model_of,
    revision_after,
)
from streamprocessor.errors import OperatorError

REVISION = ModelRevision(3, "default", "5f1c", "scores: {} # für alle\n", 1_795_334_400_000)


def test_a_revision_written_is_the_revision_read() -> None:
    assert decode_revision(encode_revision(REVISION)) == REVISION


def test_a_revision_is_json_with_the_text_of_the_file() -> None:
    assert encode_revision(REVISION).startswith(b'{"revision":3,"name":"default","version":"5f1c","text":"scores: ')
    assert b'"applied_at":1795334400000' in encode_revision(REVISION)


def test_the_revisions_of_a_model_stand_under_its_name() -> None:
    assert key_of("default") == b"default"


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
