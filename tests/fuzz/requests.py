"""A request as bytes on a socket, and what may be wrong with one before any application sees it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from tests.harness.odd_ids import REFUSED_IDS, TAKEN_IDS


class Request(NamedTuple):
    """What is written to a server. is_whole: it is HTTP with a host and all of its body, so an answer is owed."""

    kind: str
    raw: bytes
    is_whole: bool = True


#: Makes the next request to one server.
Source = Callable[[Random], Request]

ODD_IDS = (*REFUSED_IDS, *TAKEN_IDS, "", ".", "%", "%00", "../" * 80, "\ufeff", "\u202e", "a" * 5_000)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PRI", "get", "M-SEARCH")


def rendered(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The request with its host and the length of its body; letters that no header holds are left out."""
    lines = [f"{method} {target} HTTP/1.1", "host: fuzz.example"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method in ("POST", "PUT"):
        lines.append(f"content-length: {len(body)}")
    head = "\r\n".join(line.replace("\r", "").replace("\n", "").replace("\0", "") for line in lines)
    return head.encode("utf-8", "replace") + b"\r\n\r\n" + body


def sender(random: Random) -> dict[str, str]:
    """One of a few hundred addresses, as a proxy of ours tells it: what one may do is bounded."""
    return {"x-forwarded-for": f"198.51.{random.randrange(2)}.{random.randrange(256)}"}


def wrong_bytes(random: Random, raw: bytes) -> bytes:
    """The bytes with one to four of them changed, left out, doubled or put in, or cut off."""
    changed = bytearray(raw)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(changed) + 1)
        length = random.choice((1, 1, 2, 8, 64))
        wrong = random.choice((random.randbytes(length), changed[place : place + length] * 2, b""))
        changed[place : place + random.choice((0, length))] = wrong
    return bytes(changed[: random.randrange(len(changed) + 1)] if random.random() < 0.1 else changed)


def packed(random: Random, body: bytes) -> tuple[str, bytes]:
    """A content encoding and the body in it, or in one that it is not."""
    return random.choice(_PACKINGS)(random, body)


def _members(random: Random, body: bytes) -> tuple[str, bytes]:
    count = random.choice((1, 2, 200, 201, 5_000, 25_000))
    return "gzip", gzip.compress(b"") * count + gzip.compress(body, 1)


_PACKINGS: tuple[Callable[[Random, bytes], tuple[str, bytes]], ...] = (
    lambda _, body: ("gzip", gzip.compress(body, 1)),
    _members,
    lambda random, body: ("gzip", wrong_bytes(random, gzip.compress(body, 1))),
    lambda random, _: ("gzip", gzip.compress(b"[" * random.choice((10_000, 20_000_000)), 1)),
    lambda _, body: ("gzip", gzip.compress(gzip.compress(body, 1), 1)),
    lambda _, body: ("gzip, gzip", gzip.compress(gzip.compress(body, 1), 1)),
    lambda _, body: ("deflate", zlib.compress(body, 1)),
    lambda _, body: ("deflate", zlib.compress(body, 1)[2:-4]),
    lambda random, body: (random.choice(("br", "zstd", "identity", "", "gzip" * 50)), body),
)


def malformed(of: Source) -> Source:
    """Requests of another source, as no client of HTTP writes them, half of them without an end."""

    def source(random: Random) -> Request:
        return Request("wire", random.choice(_BREAKS)(random, of(random).raw), is_whole=False)

    return source


def _halved(random: Random, raw: bytes) -> bytes:
    return raw[: random.randrange(1, len(raw))]


def _with_lines(*lines: bytes) -> Callable[[Random, bytes], bytes]:
    def changed(random: Random, raw: bytes) -> bytes:
        first, _, rest = raw.partition(b"\r\n")
        return first + b"\r\n" + random.choice(lines) + b"\r\n" + rest

    return changed


def _chunked(random: Random, raw: bytes) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"content-length") or random.random() < 0.1]
    size = random.choice((b"%x" % len(body), b"-1", b"f" * 16, b"f" * 400, b"0x1", b"", b"1;" + b"a" * 40_000, b"zz"))
    end = random.choice((b"0\r\n\r\n", b"0\r\nx: " + b"y" * 40_000 + b"\r\n\r\n", b"0\r\n" + b"a:b\r\n" * 2_000, b""))
    coding = random.choice((b"chunked", b"gzip, chunked", b"chunked, chunked", b"Chunked ", b"identity", b"x"))
    whole = b"\r\n".join([*lines, b"transfer-encoding: " + coding])
    return whole + b"\r\n\r\n" + size + b"\r\n" + body + b"\r\n" + end


def _many_small_chunks(random: Random, raw: bytes) -> bytes:
    head = raw.partition(b"\r\n\r\n")[0].replace(b"content-length", b"x-length")
    return (
        head + b"\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\n{\r\n" * random.choice((100, 20_000)) + b"0\r\n\r\n"
    )


_BREAKS: tuple[Callable[[Random, bytes], bytes], ...] = (
    wrong_bytes,
    _halved,
    _halved,
    _chunked,
    _many_small_chunks,
    _with_lines(b"x: " + b"y" * 40_000, b"\r\n".join([b"a: b"] * 5_000), b"\r\n".join([b"a:"] * 12_000)),
    _with_lines(b"content-length: 5", b"content-length: -1", b"content-length: 99999999999999999999", b"host: b"),
    _with_lines(b"expect: 100-continue", b"upgrade: websocket\r\nconnection: upgrade", b"connection: close, x"),
    _with_lines(
        b" folded", b"no colon", b": empty", b"a b: c", b"\x00: x", b"\xff\xfe: \xff", b"cookie: " + b"a=b;" * 7_000
    ),
    lambda random, raw: raw.replace(b"HTTP/1.1", random.choice((b"HTTP/0.9", b"HTTP/2.0", b"HTTP/9.99", b"", b"ICY"))),
    lambda random, raw: raw.replace(
        b" /", b" " + random.choice((b"//", b"/?" + b"a&" * 9_000, b"*", b"x:80", b"http://")), 1
    ),
    lambda random, raw: raw * random.choice((2, 3, 50)) if len(raw) < 2_000 else raw + raw,
    lambda random, _: random.randbytes(random.choice((1, 16, 1_000, 70_000))),
    lambda _, raw: raw.replace(b"\r\n", b"\n"),
    lambda _, __: b"\r\n" * 40_000,
    lambda _, __: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0",
    lambda _, __: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
