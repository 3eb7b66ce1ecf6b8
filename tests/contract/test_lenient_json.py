"""One bad character is mended and told; what is no JSON stays none, at any size in a bounded time."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.events.events import decode_line
from streamprocessor.contract.lenient_json import MEND_REASONS, mends_told_to, read_json, read_object
from streamprocessor.contract.strict_json import MAX_DEPTH
from streamprocessor.errors import RecordError
from streamprocessor.scoring.record.facts import Event

PUBLIC_BODY_BYTES = 500 * 1024
MOST_SECONDS = 0.5
"""Of a thread's own time; a few hundredths on a machine of its own. What is not linear takes minutes."""

mended_texts = pytest.mark.parametrize(
    ("text", "value", "reasons"),
    [
        (rb'{"a": "cut \ud83d"}', "cut �", ["half-character"]),
        (rb'{"a": "\uDE00 cut"}', "� cut", ["half-character"]),
        (rb'{"a": "\ud83d\ud83d\ude00\ude00"}', "�😀�", ["half-character"]),
        (rb'{"a": "\\ud83d \\\ud83d"}', "\\ud83d \\�", ["half-character"]),
        (rb'{"a": "\\ud83d\ude00"}', "\\ud83d�", ["half-character"]),
        (b'{"a": NaN}', None, ["not-a-number"]),
        (b'{"a": [Infinity, -Infinity, "NaN", 1]}', [None, None, "NaN", 1], ["not-a-number"]),
        (b'{"a": 1e999}', None, ["not-a-number"]),
        (b'{"a": [' + b"9" * 5000 + b"]}", [None], ["not-a-number"]),
        (b'{"a": [123456789012345678901, NaN, 1e100]}', [1.2345678901234568e20, None, 1e100], ["not-a-number"]),
        (b'\xef\xbb\xbf{"a": 1}', 1, ["byte-order-mark"]),
        ('\ufeff{"a": "é"}'.encode("utf-16-le"), "é", ["byte-order-mark"]),
        ('\ufeff{"a": "é"}'.encode("utf-16-be"), "é", ["byte-order-mark"]),
        (b'{"a": "caf\xe9 \x80"}', "café €", ["encoding"]),
        ("ü".encode().join([b'{"a": "', b' \xfc \x81"}']), "ü ü �", ["encoding"]),
        (b'{"a": "\xed\xa0\xbd"}', "�", ["encoding"]),
        (b'{"a": "one\ntwo\x00\t"}', "one\ntwo\x00\t", ["control-character"]),
        (b'\xef\xbb\xbf{"a": ["\\ud800", NaN, "\xe9"]}', ["�", None, "é"],
         ["byte-order-mark", "encoding", "half-character", "not-a-number"]),
    ],
)  # fmt: skip


@mended_texts
def test_what_one_bad_character_spoils_is_mended_and_told(text: bytes, value: Any, reasons: list[str]) -> None:
    told: Counter[str] = Counter()
    with mends_told_to(lambda reason: told.update([reason])):
        assert read_json(text) == {"a": value}
        assert read_object(text) == {"a": value}

    assert told == dict.fromkeys(reasons, 2)
    assert set(reasons) <= set(MEND_REASONS)


def test_what_is_json_is_not_mended() -> None:
    told: list[str] = []
    with mends_told_to(told.append):
        assert read_json(rb'{"a": "\u0000 \ud83d\ude00 NaN", "a": 2}') == {"a": 2}

    assert told == []


def test_a_text_in_a_text_is_mended_too() -> None:
    assert read_json('{"a": NaN}') == {"a": None}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b'{"a": nan}', "not-json"),
        (b'{"a": NaNs}', "not-json"),
        (rb'{"a": "\ud8"}', "not-json"),
        (rb'{"a": "\x41"}', "not-json"),
        (b'{"a": NaN,}', "not-json"),
        (b'{"a": NaN, "a": 1}', "not-json"),
        (b"[NaN]", "not-an-object"),
        (b"NaN", "not-an-object"),
        (b'{"a": NaN, "b": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "too-deep"),
        (b'{"a": NaN, "b": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not-json"),
    ],
    ids=lambda case: case[:24].decode("latin-1") if isinstance(case, bytes) else case,
)
def test_what_is_no_json_stays_none(text: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_object(text)
    assert caught.value.reason == reason


@given(st.recursive(
    st.floats() | st.integers(-(2**63), 2**63) | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
), st.booleans())  # fmt: skip
def test_what_json_dumps_writes_is_read_whatever_it_holds(content: Any, is_ascii: bool) -> None:
    text = json.dumps(content, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    orjson.dumps(read_json(text))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    for text in (noise, b'{"a":"' + noise + b'"}', b'[NaN,"' + noise + b'",\xff]'):
        with contextlib.suppress(orjson.JSONDecodeError):
            orjson.dumps(read_json(text))


@pytest.mark.parametrize(
    "unit",
    [
        b"NaN,", b"-Infinity,", b'"",', b'"\\ud800",', b"\\ud800", b"\\\\", b'\\"', b'"', b"N", b"-", b"1", b"1e999,",
        b"1e", b"1.", b"\n", b"1,", b'{"a":1.5,"b":NaN},', b'"a\\ud800', b"\\", b"[", b'{"":', b"\xff", b"\xed\xa0\xbd",
        bytes(range(0x80, 0x100)), b"\xc3",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("begin", "end"), [(b"[", b"1,NaN]"), (b'["', b'"]'), (b'["\\ud800",\xff"', b'"')])
def test_no_body_of_the_public_door_takes_long(unit: bytes, begin: bytes, end: bytes) -> None:
    body = begin + unit * (PUBLIC_BODY_BYTES // len(unit)) + end
    began_seconds = time.thread_time()
    with contextlib.suppress(orjson.JSONDecodeError):
        read_json(body)
    assert time.thread_time() - began_seconds < MOST_SECONDS


def test_a_line_of_a_file_and_a_record_of_kafka_are_mended_alike() -> None:
    line = b'{"contact_id":"c","type":"x","occurred_at":1795334700000,"properties":{"n":NaN,"t":"\\ud83d"}}'

    _, fact = decode_line(line)
    _, mended = decode_line(line.replace(b"NaN", b"null").replace(b"\\ud83d", rb"\ufffd"))

    assert isinstance(fact, Event)
    assert fact == mended, "the same content key too: whoever reads it, it is one event"
