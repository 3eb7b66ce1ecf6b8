import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.strict_json import MAX_BYTES, MAX_DEPTH, read_object
from streamprocessor.errors import RecordError

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
spellings = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 2, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]),
        "ensure_ascii": st.booleans(),
    }
)


def levels(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"email_open", "not-json"),
        (b"\x00\x01", "not-json"),
        (b'{"a": 1} x', "not-json"),
        (b'{"a": NaN}', "not-json"),
        (b'{"a": Infinity}', "not-json"),
        (b'{"a": 1e999}', "not-json"),
        (b'{"a": "\xff"}', "not-json"),
        (b'{"a": "\\ud800"}', "not-json"),
        (b'\xef\xbb\xbf{"a": 1}', "not-json"),
        (b'{"a":1,"a":1}', "not-json"),
        (b'{"a" :1,"a" :2}', "not-json"),
        (b'{"a":1,"\\u0061":2}', "not-json"),
        (b'{"a":{"b":[{"c":1,"c":2}]}}', "not-json"),
        (b'{"a":1,"a":2,"b":"\\u0022:"}', "not-json"),
        (b"[]", "not-an-object"),
        (b"null", "not-an-object"),
        (b'"text"', "not-an-object"),
        (b"42", "not-an-object"),
        (levels(MAX_DEPTH + 1), "too-deep"),
        (levels(100_000), "too-deep"),
        (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
        (b'{"a":"' + b"x" * MAX_BYTES + b'"}', "too-large"),
    ],
    ids=lambda case: case[:24].decode("latin-1") if isinstance(case, bytes) else case,
)
def test_a_text_without_one_meaning_is_refused_with_its_reason(text: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_object(text)
    assert caught.value.reason == reason


def test_the_deepest_and_the_longest_that_are_taken_are_taken() -> None:
    assert read_object(levels(MAX_DEPTH))
    assert read_object(b'{"a":"' + b"x" * (MAX_BYTES - 8) + b'"}')


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5), spellings)
def test_an_object_is_read_however_it_is_spelled(content: Any, spelling: Any) -> None:
    text = json.dumps(content, **spelling).encode("utf-8", "surrogatepass")
    assert json.dumps(read_object(text), sort_keys=True) == json.dumps(content, sort_keys=True)


@given(st.dictionaries(st.text(max_size=5), json_values, min_size=1, max_size=5), spellings, st.data())
def test_a_name_given_twice_is_found_however_it_is_spelled(content: Any, spelling: Any, data: Any) -> None:
    name = data.draw(st.sampled_from(sorted(content)))
    twice = (
        json.dumps(content, **spelling)[:-1].rstrip()
        + ", "
        + json.dumps({name: data.draw(json_values)}, **spelling)[1:]
    )
    with pytest.raises(RecordError, match="twice"):
        read_object(twice.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    try:
        read = read_object(text)
    except RecordError:
        return
    assert isinstance(read, dict)
