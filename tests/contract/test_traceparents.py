"""What is taken for a trace context, and what is not: anybody may write the header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.traceparents import trace_id_of, traceparent_in, traceparent_of

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
WHOLE = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (WHOLE, WHOLE),
        (f"  {WHOLE}\t", WHOLE),
        (f"00-{TRACE}-{PARENT}-00", f"00-{TRACE}-{PARENT}-00"),
        (f"00-{TRACE}-{PARENT}-03", WHOLE),  # of the flags only `sampled` is known
        (f"01-{TRACE}-{PARENT}-01-more", WHOLE),  # a later version begins as this one does
        (f"00-{TRACE}-{PARENT}-01-more", None),
        (f"ff-{TRACE}-{PARENT}-01", None),
        (f"00-{'0' * 32}-{PARENT}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{PARENT}-01", None),
        (f"00-{TRACE}-{PARENT}", None),
        (f"{WHOLE}\n{WHOLE}", None),
        ("00-ada@example.com-x-01", None),
        ("", None),
        (None, None),
    ],
)
def test_a_trace_context_is_one_or_nothing(text: str | None, wanted: str | None) -> None:
    assert traceparent_of(text) == wanted


@given(st.text() | st.from_regex(r"[0-9a-f-]{50,60}", fullmatch=True))
def test_whatever_a_stranger_writes_no_more_than_55_harmless_characters_pass(text: str) -> None:
    passed = traceparent_of(text)
    assert passed is None or (len(passed) == 55 and set(passed) <= set("0123456789abcdef-"))


@given(st.from_regex(r"0[01]-[0-3]{32}-[0-1]{16}-0[0-3]", fullmatch=True) | st.text(max_size=60))
def test_a_record_s_header_is_read_as_a_request_s_is(text: str) -> None:
    value = text.encode("latin-1", "replace")
    assert traceparent_in([("traceparent", value)]) == traceparent_of(value.decode("latin-1"))


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ([("ce_id", b"x"), ("traceparent", WHOLE.encode())], WHOLE),
        ([("traceparent", None)], None),
        ([("traceparent", b"\xff\xfe")], None),
        ([("ce_id", b"x")], None),
        ([], None),
    ],
)
def test_a_record_has_its_trace_context_in_a_header(
    headers: list[tuple[str, bytes | None]], wanted: str | None
) -> None:
    assert traceparent_in(headers) == wanted


def test_the_trace_id_is_its_second_part() -> None:
    assert trace_id_of(WHOLE) == TRACE
