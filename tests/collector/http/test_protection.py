"""What protects the collector, part by part: keys, rates, sizes, addresses."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.collector.http import decompression
from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.decompression import decompressed
from streamprocessor.collector.http.wire_format import RefusalError
from streamprocessor.errors import OperatorError
from streamprocessor.process.http.client_address import networks_of
from streamprocessor.process.secret_lookup import SecretLookup
from streamprocessor.process.stored_secrets import pairs_of, stored_pairs, stored_secret, stored_token

MOST = 10_000
SECRET = "a secret that nobody guesses"


def zipped(content: bytes) -> bytes:
    """The same bytes at any time, because they are in the tests' names."""
    return gzip.compress(content, mtime=0)


RAW = zlib.compressobj(wbits=-15)
RAW_DEFLATE = RAW.compress(b"body") + RAW.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"body", ""),
        (b"body", "identity"),
        (b"body", "gzip"),  # a proxy has unpacked it
        (zipped(b"body"), "gzip"),
        (zipped(b"body"), " GZIP "),
        (zipped(b"body"), ""),
        (zipped(b"bo") + zipped(b"dy"), "gzip"),
        (zipped(b"") * 150 + zipped(b"body"), "gzip"),
        (zlib.compress(b"body"), "deflate"),
        (RAW_DEFLATE, "deflate"),
    ],
)
def test_a_body_is_what_it_was_before_compression(body: bytes, encoding: str) -> None:
    assert decompressed(body, encoding, MOST) == b"body"


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (zipped(b"x" * (MOST + 1)), "gzip", 413),
        (zipped(b"x" * 5_000_000), "", 413),
        (zipped(b"x" * MOST) + zipped(b"x"), "gzip", 413),
        (zlib.compress(b"x" * (MOST + 1)), "deflate", 413),
        (b"x" * (MOST + 1), "", 413),
        (zipped(b"body")[:-3], "gzip", 400),
        (zipped(b"body")[:12] + b"rubbish", "gzip", 400),
        (zipped(b"body") + b"rubbish", "gzip", 400),
        (b"body", "deflate", 400),
        (b"body", "br", 415),
        (zipped(b"") * 201, "gzip", 400),
        (zipped(b"") * 150_000, "", 400),
    ],
)
def test_bombs_and_broken_bodies_are_refused(body: bytes, encoding: str, status: int) -> None:
    with pytest.raises(RefusalError) as refused:
        decompressed(body, encoding, MOST)

    assert refused.value.status == status


@given(st.lists(st.binary(max_size=60_000), min_size=1, max_size=5), st.integers(1, 50))
def test_members_are_read_one_after_the_other_wherever_pieces_end(contents: list[bytes], piece_bytes: int) -> None:
    body = b"".join(map(zipped, contents))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(decompression, "PIECE_BYTES", len(body) // piece_bytes + 1)

        assert decompressed(body, "gzip", 10**6) == b"".join(contents)


@pytest.mark.parametrize("body_bytes", [200_000, 1_000_000, 10_000_000])
@pytest.mark.parametrize("member_bytes", [0, 1_000, 100_000])
def test_unpacking_looks_at_a_body_once_and_at_a_piece_more_for_each_member(
    body_bytes: int, member_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = 0
    make = zlib.decompressobj

    class Counting:
        def __init__(self, window_bits: int) -> None:
            self._inner = make(window_bits)

        def decompress(self, data: bytes, most: int) -> bytes:
            nonlocal looked_at
            looked_at += len(data)
            return self._inner.decompress(data, most)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    member = zipped(os.urandom(member_bytes))
    body = member * (body_bytes // len(member))

    try:
        decompressed(body, "gzip", 20_000_000)
    except RefusalError as refusal:
        assert refusal.code == "too-many-members"  # noqa: PT017

    assert 0 < looked_at <= len(body) + decompression.MAX_MEMBERS * decompression.PIECE_BYTES


@given(
    st.binary(max_size=100), st.sampled_from(["", "gzip", "deflate"]), st.sampled_from([b"", b"\x1f\x8b", b"\x78\x9c"])
)
def test_any_body_is_read_or_refused(rest: bytes, encoding: str, beginning: bytes) -> None:
    try:
        assert len(decompressed(beginning + rest, encoding, MOST)) <= MOST
    except RefusalError as refusal:
        assert refusal.status in (400, 413)  # noqa: PT017


def test_a_key_tells_its_source_and_another_none() -> None:
    keys = SecretLookup({"web": "k-1", "crm": "k-2"})

    assert [keys.name_of(key) for key in ("k-1", "k-2", "k-3", "", "\ud800")] == ["web", "crm", None, None, None]


def test_pairs_are_read_from_the_setting_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# sources\nweb={SECRET}\n\ncrm = {SECRET}=2 \n")
    pairs = {"web": SECRET, "crm": f"{SECRET}=2"}

    assert pairs_of(f"web={SECRET}, crm={SECRET}=2", "HERE") == pairs_of(str(file), "HERE") == pairs


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("web", "wanted name=value pairs or a readable file"),
        ("/no/such/file", "wanted name=value pairs or a readable file"),
        (f"={SECRET}", "entry 1: wanted name=value; got another"),
        ("web=", "entry 1: wanted name=value; got another"),
        (f"web={SECRET},web={SECRET}2", "entry 2: wanted each name once"),
        (f"web={SECRET},{SECRET}", "entry 2: wanted name=value; got another"),
        (f"web={SECRET},crm={SECRET}", "entry 2: wanted a secret of its own for each name"),
        ("web=w", "entry 1: wanted a secret of at least 16 characters; got 1"),
        (f"a={SECRET},rw/read+write={SECRET[:15]}", "entry 2: wanted a secret of at least 16 characters; got 15"),
        (f"{SECRET}=ops/read", "entry 1: wanted a secret of at least 16 characters; got 8"),  # swapped
    ],
)
def test_pairs_that_cannot_be_are_told_without_any_of_their_secrets(text: str, complaint: str) -> None:
    with pytest.raises(OperatorError) as refused:
        pairs_of(text, "HERE")

    assert str(refused.value).startswith("HERE: ")
    assert complaint in str(refused.value)
    assert SECRET[:15] not in str(refused.value)


def test_a_chosen_token_of_delivery_that_is_short_is_told_without_it(tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as told:
        stored_token("hunter", tmp_path)

    assert "DELIVERY_SECRET: wanted a secret of at least 16 characters; got 6" in str(told.value)
    assert "hunter" not in str(told.value)
    assert stored_token(SECRET, tmp_path) == SECRET
    assert stored_token("", tmp_path) == stored_token("", tmp_path)


def test_a_secret_that_nobody_set_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = stored_pairs("", tmp_path / "made" / "keys", "HERE")

    assert first == stored_pairs("", tmp_path / "made" / "keys", "HERE")
    assert stored_secret("", tmp_path / "made" / "keys", "HERE") == first["local"]
    assert stored_secret("set", tmp_path / "none", "HERE") == "set"
    assert len(first["local"]) >= 32
    assert stat.S_IMODE(os.stat(tmp_path / "made" / "keys").st_mode) == 0o600


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # anybody can say that
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # the left part is the client's own story
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (None, "198.51.100.1", None),
        ("testclient", "198.51.100.1", None),
    ],
)
def test_only_our_own_proxies_say_who_the_client_is(
    peer: str | None, forwarded: str | None, client: str | None
) -> None:
    client_ips = ClientIps(networks_of("10.0.0.0/8, 192.0.2.7"), False)

    assert client_ips.stored(client_ips.address_of(peer, forwarded)) == client


@pytest.mark.parametrize(("peer", "network"), [("203.0.113.9", "203.0.113.0"), ("2001:db8:1:2::3", "2001:db8:1::")])
def test_an_address_may_be_cut_to_its_network(peer: str, network: str) -> None:
    client_ips = ClientIps((), True)

    assert client_ips.stored(client_ips.address_of(peer, None)) == network


@pytest.mark.parametrize(("peer", "warnings"), [("10.0.0.1", 1), ("127.0.0.1", 1), ("192.0.2.7", 0), ("8.8.8.8", 0)])
def test_a_proxy_inside_that_is_not_believed_is_told_once(
    peer: str, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    client_ips = ClientIps(networks_of("192.0.2.7"), False)
    for _ in range(3):
        client_ips.address_of(peer, None)
        client_ips.address_of(peer, "198.51.100.1")

    assert caplog.text.count("STREAMPROCESSOR_TRUSTED_PROXIES") == warnings


def test_a_proxy_that_is_no_address_is_told() -> None:
    with pytest.raises(OperatorError, match="TRUSTED_PROXIES"):
        networks_of("10.0.0.0/8,proxy.example.com")
