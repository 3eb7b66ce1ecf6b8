"""A form with large files is thinned as it arrives, in whatever pieces, and its fields are what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.collector.http.wire_format import BodyThinner
from streamprocessor.collector.tracking.form_reading.bodies import (
    MAX_HEAD_BYTES,
    MAX_VALUE_BYTES,
    MultipartThinner,
    UrlencodedThinner,
    thinner_of,
)
from streamprocessor.collector.tracking.form_reading.multipart import multipart_fields
from tests.collector.tracking.requests import request
from tests.harness.steps import steps_of

BOUNDARY = "4d5e"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
CV = ("cv.pdf", b"%PDF\r\n--4d5\r\n\r\n" * 20_000, "application/pdf")


def multipart(fields: dict[str, str], files: dict[str, tuple[str, bytes, str]]) -> bytes:
    sent = httpx.Request("POST", "http://c.example/f/x", data=fields, files=files, headers={"content-type": TYPE})
    return sent.read()


def pieces_of(body: bytes, size: int) -> Iterable[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def thinned(thinner: BodyThinner, pieces: Iterable[bytes]) -> bytes:
    return b"".join(thinner.thin(piece) for piece in pieces) + thinner.rest()


@pytest.mark.parametrize("size", [1, 2, 7, 1000, 10**7])
def test_fields_around_files_stay_and_files_are_empty(size: int) -> None:
    body = multipart({"email": "ada@example.com", "message": "see\r\n--4d5e? no"}, {"cv": ('a"b', b"x" * 3000, "x/y")})

    kept = thinned(MultipartThinner(BOUNDARY.encode()), pieces_of(body, size))

    assert multipart_fields(TYPE, kept, 9) == multipart_fields(TYPE, body, 9)
    assert len(kept) < 600


def test_a_large_file_leaves_next_to_nothing() -> None:
    body = multipart({"email": "ada@example.com"}, {"cv": CV, "photo": CV})

    kept = thinned(MultipartThinner(BOUNDARY.encode()), pieces_of(body, 65_536))

    assert len(body) > 500_000
    assert (multipart_fields(TYPE, kept, 9), len(kept) < 1000) == ([("email", "ada@example.com")], True)


def test_a_field_that_is_far_too_long_is_cut() -> None:
    body = multipart({"message": "x" * 10**6, "email": "ada@example.com"}, {"cv": CV})
    kept = thinned(MultipartThinner(BOUNDARY.encode()), pieces_of(body, 4096))
    assert multipart_fields(TYPE, kept, 9) == [("message", "x" * MAX_VALUE_BYTES), ("email", "ada@example.com")]

    posted = urlencode({"message": "ü" * 10**6, "email": "ada@example.com"}).encode()
    pairs = dict(parse_qsl(thinned(UrlencodedThinner(), pieces_of(posted, 4096)).decode()))
    assert pairs["email"] == "ada@example.com"
    assert pairs["message"].startswith("ü" * 2000)
    assert len(pairs["message"]) <= MAX_VALUE_BYTES


@pytest.mark.parametrize(
    "part", [b"--4d5e\r\n\r\n\r\n", b"\r\n--4d5", b'--4d5e\r\ncontent-disposition: a; filename="', b"&"]
)
@pytest.mark.parametrize("thinner", [lambda: MultipartThinner(BOUNDARY.encode()), UrlencodedThinner])
def test_a_body_twice_as_long_takes_about_twice_the_steps(part: bytes, thinner: Callable[[], BodyThinner]) -> None:
    short = steps_of(lambda: thinned(thinner(), pieces_of(part * 300, 1000)))
    long = steps_of(lambda: thinned(thinner(), pieces_of(part * 600, 1000)))

    assert long <= 2.1 * short + 500


def test_a_head_without_an_end_is_not_waited_for() -> None:
    thinner = MultipartThinner(BOUNDARY.encode())
    most = max(len(thinner.thin(piece)) for piece in pieces_of(b"--4d5e\r\n" + b"x" * 10**6, 1000))

    assert most <= MAX_HEAD_BYTES + 1000


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.text(st.characters(codec="utf-8"), max_size=30)), max_size=4),
    st.lists(st.binary(max_size=60), max_size=3),
    st.integers(1, 50),
)
def test_any_form_has_the_fields_that_it_had(fields: list[tuple[str, str]], files: list[bytes], size: int) -> None:
    parts = {f"f{number}": (f"n{number}", content, "x/y") for number, content in enumerate(files)}
    parts = parts or {"f": ("n", b"x", "x/y")}
    body = multipart(dict(fields), parts)

    kept = thinned(MultipartThinner(BOUNDARY.encode()), pieces_of(body, size))

    assert multipart_fields(TYPE, kept, 20) == multipart_fields(TYPE, body, 20)


@given(
    st.lists(st.sampled_from([b"--4d5e", b"\r\n", b"--", b"x", b"\r\n\r\n", b'content-disposition: x; filename="a']))
)
def test_no_bytes_bring_it_down_and_nothing_is_added(pieces: list[bytes]) -> None:
    kept = thinned(MultipartThinner(BOUNDARY.encode()), pieces)

    assert len(kept) <= len(b"".join(pieces)) + len(b"\r\n") + len(b"\r\n")


@pytest.mark.parametrize(
    ("headers", "is_thinned"),
    [
        ({"content-type": TYPE}, True),
        ({"content-type": "Application/X-WWW-form-urlencoded; charset=utf-8"}, True),
        ({"content-type": TYPE, "content-encoding": "gzip"}, False),
        ({"content-type": "multipart/form-data"}, False),
        ({"content-type": "application/json"}, False),
        ({}, False),
    ],
)
def test_only_forms_are_thinned(headers: dict[str, str], is_thinned: bool) -> None:
    assert (thinner_of(request("POST", "/f/x", headers)) is not None) is is_thinned
