"""What protects the collector, part by part: keys, rates, sizes, addresses."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.decompression import decompressed
from streamprocessor.collector.http.rate_limit import RateLimit
from streamprocessor.collector.http.wire_format import Refusal
from streamprocessor.errors import OperatorError
from streamprocessor.process.client_address import networks_of
from streamprocessor.process.secret_lookup import SecretLookup
from streamprocessor.process.stored_secrets import pairs_of, stored_pairs, stored_secret

MOST = 10_000


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
        (zipped(b"x" * 50_000_000), "", 413),
        (zipped(b"x" * MOST) + zipped(b"x"), "gzip", 413),
        (zlib.compress(b"x" * (MOST + 1)), "deflate", 413),
        (b"x" * (MOST + 1), "", 413),
        (zipped(b"body")[:-3], "gzip", 400),
        (zipped(b"body")[:12] + b"rubbish", "gzip", 400),
        (zipped(b"body") + b"rubbish", "gzip", 400),
        (b"body", "deflate", 400),
        (b"body", "br", 415),
    ],
)
def test_bombs_and_broken_bodies_are_refused(body: bytes, encoding: str, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        decompressed(body, encoding, MOST)

    assert refused.value.status == status


@given(
    st.binary(max_size=100), st.sampled_from(["", "gzip", "deflate"]), st.sampled_from([b"", b"\x1f\x8b", b"\x78\x9c"])
)
def test_any_body_is_read_or_refused(rest: bytes, encoding: str, beginning: bytes) -> None:
    try:
        assert len(decompressed(beginning + rest, encoding, MOST)) <= MOST
    except Refusal as refusal:
        assert refusal.status in (400, 413)  # noqa: PT017


def test_a_key_tells_its_source_and_another_none() -> None:
    keys = SecretLookup({"web": "k-1", "crm": "k-2"})

    assert [keys.name_of(key) for key in ("k-1", "k-2", "k-3", "", "\ud800")] == ["web", "crm", None, None, None]


def test_pairs_are_read_from_the_setting_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# sources\nweb=k-1\n\ncrm = k=2 \n")

    assert pairs_of("web=k-1, crm=k=2", "HERE") == pairs_of(str(file), "HERE") == {"web": "k-1", "crm": "k=2"}


@pytest.mark.parametrize("text", ["web", "=k", "web=", "web=a,web=b", "/no/such/file", "web=a,secret-without-a-name"])
def test_pairs_that_cannot_be_are_told_without_their_secrets(text: str) -> None:
    with pytest.raises(OperatorError) as refused:
        pairs_of(text, "HERE")

    assert str(refused.value).startswith("HERE: wanted")
    assert "=k" not in str(refused.value)


def test_a_secret_that_nobody_set_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = stored_pairs("", tmp_path / "made" / "keys", "HERE")

    assert first == stored_pairs("", tmp_path / "made" / "keys", "HERE")
    assert stored_secret("", tmp_path / "made" / "keys", "HERE") == first["local"]
    assert stored_secret("set", tmp_path / "none", "HERE") == "set"
    assert len(first["local"]) >= 32
    assert stat.S_IMODE(os.stat(tmp_path / "made" / "keys").st_mode) == 0o600


def test_a_source_sends_at_its_rate_and_is_told_when_to_come_back() -> None:
    now = [0.0]
    rate_limit = RateLimit(10, lambda: now[0])
    for _ in range(20):
        rate_limit.take("web", 1)
    with pytest.raises(Refusal) as refused:
        rate_limit.take("web", 1)

    assert (refused.value.status, refused.value.retry_after_seconds) == (429, 1)
    rate_limit.take("crm", 1)
    now[0] = 1.0
    rate_limit.take("web", 30)  # a large batch gets in, and is owed for
    now[0] = 2.9
    with pytest.raises(Refusal) as refused:
        rate_limit.take("web", 1)
    assert refused.value.retry_after_seconds == 1
    now[0] = 3.2
    rate_limit.take("web", 1)


def test_without_a_rate_nobody_is_held_up() -> None:
    rate_limit = RateLimit(0, lambda: 0.0)
    for _ in range(1_000):
        rate_limit.take("web", 1_000)


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
    assert ClientIps(networks_of("10.0.0.0/8, 192.0.2.7"), False).ip_of(peer, forwarded) == client


@pytest.mark.parametrize(("peer", "network"), [("203.0.113.9", "203.0.113.0"), ("2001:db8:1:2::3", "2001:db8:1::")])
def test_an_address_may_be_cut_to_its_network(peer: str, network: str) -> None:
    assert ClientIps((), True).ip_of(peer, None) == network


def test_a_proxy_that_is_no_address_is_told() -> None:
    with pytest.raises(OperatorError, match="TRUSTED_PROXIES"):
        networks_of("10.0.0.0/8,proxy.example.com")
