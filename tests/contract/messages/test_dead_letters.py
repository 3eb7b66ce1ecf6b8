from typing import Any

import pytest

from streamprocessor.contract.messages.dead_letters import Origin, dead_letter, dead_letter_of
from streamprocessor.errors import OperatorError, RecordError

ORIGIN = Origin("staging-email-opens", 3, 123_456_789_012, 1_795_334_400_000)
ERROR = RecordError("bad-time", "occurred_at: wanted a time; got 'gestern' – früher")


@pytest.mark.parametrize(("key", "value"), [(b"c", b"{"), (None, b"\xff\x00"), (b"\x00k", None), (b"", b"")])
def test_a_dead_letter_is_the_record_as_it_came(key: bytes | None, value: Any) -> None:
    letter = dead_letter(key, value, [("traceparent", b"00"), ("n", b"1"), ("n", b"2")], ORIGIN, ERROR)

    assert (letter.topic, letter.key, letter.value) == ("dead-letters", key, value)
    assert letter.headers[:3] == [("traceparent", b"00"), ("n", b"1"), ("n", b"2")]


def test_its_headers_say_where_from_and_why() -> None:
    own = [("traceparent", b"00")]
    letter = dead_letter_of(dead_letter(b"c", b"{", own, ORIGIN, ERROR).headers)

    assert letter == (ORIGIN, "bad-time", ERROR.detail, own)
    assert dead_letter_of(dead_letter(b"c", b"{", None, ORIGIN, ERROR).headers).origin == ORIGIN


def test_a_letter_that_was_sent_again_and_failed_again_says_the_later_reason_only() -> None:
    first = dead_letter(b"c", b"{", [("a", b"1")], Origin("t", 0, 1, 2), RecordError("not-json", "x"))
    second = dead_letter(b"c", b"{", first.headers, ORIGIN, ERROR)

    assert dead_letter_of(second.headers) == (ORIGIN, "bad-time", ERROR.detail, [("a", b"1")])
    assert len(second.headers) == len({name for name, _ in second.headers})


def test_a_long_detail_is_cut() -> None:
    letter = dead_letter(b"c", b"{", None, ORIGIN, RecordError("x", "ä" * 10_000))
    assert dead_letter_of(letter.headers).detail == "ä" * 500


@pytest.mark.parametrize("headers", [None, [], [("dl_topic", b"t")], [("dl_topic", b"\xff")]])
def test_a_record_that_is_no_dead_letter_is_refused(headers: Any) -> None:
    with pytest.raises(OperatorError, match="dead letter"):
        dead_letter_of(headers)
