"""Where delivery connects to, and what it takes from a receiver."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web

from streamprocessor.contract.subscriptions.webhook_targets import Target, is_public
from streamprocessor.delivery.dispatch.sender import MOST_ANSWER_BYTES, Sender
from tests.delivery.receivers import Received, Receiver


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),
        ("192.0.0.192", False),
        ("168.63.129.16", False),
        ("168.63.129.17", True),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("100.100.100.200", False),
        ("fec0::1", False),
        ("3fff::1", False),
        ("3fff:fff::1", False),
        ("4000::1", False),
        ("5f00::1", False),
        ("100::1", False),
        ("2001:db8::1", False),
        ("::7f00:1", False),
        ("2002:a83f:8110::", False),
        ("64:ff9b::c000:c0", False),
        ("2a00:1450:4001::1", True),
        ("no address", False),
    ],
)
def test_only_addresses_that_the_whole_world_may_reach_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_a_name_that_leads_inside_when_it_is_connected_to_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def rebound(host: Any, port: Any, *more: Any, **words: Any) -> Any:
        return real("127.0.0.1" if host == "public.example" else host, port, *more, **words)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    sender = Sender(5.0)
    url = f"http://public.example:{receiver.port}/hook"
    refused = await sender.post(Target(url, is_trusted=False), {}, b"{}")
    literal = await sender.post(Target(f"http://127.0.0.1:{receiver.port}/hook", is_trusted=False), {}, b"{}")
    assert (refused.status, refused.reason) == (0, "refused-address")
    assert (literal.status, literal.reason) == (0, "refused-address")
    assert receiver.got == []

    allowed = await sender.post(Target(url, is_trusted=True), {}, b"{}")
    assert allowed.status == 200
    await sender.close()


SPELLINGS_OF_THIS_MACHINE = (
    *("127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "017700000001"),
    *("0177.0.0.1", "0177.0x0.0.1", "0", "0.0.0.0", "00000000", "0x0", "localhost", "LOCALHOST", "localhost."),
    *("localhost.localdomain", "ip6-localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"),
    *("[::ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1%25lo]"),
    *("\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3"),
    *("a@127.0.0.1", "a:b@localhost", "127.0.0.1#", "127.0.0.1%00", "public.example@127.0.0.1", "127.0.0.1\\"),
)


@pytest.mark.parametrize("host", SPELLINGS_OF_THIS_MACHINE)
async def test_however_an_address_inside_is_spelled_nothing_is_sent_there(receiver: Receiver, host: str) -> None:
    sender = Sender(5.0)
    for scheme in ("http", "https"):
        answer = await sender.post(Target(f"{scheme}://{host}:{receiver.port}/hook", is_trusted=False), {}, b"{}")
        assert answer.status == 0
    await sender.close()
    assert receiver.got == []


async def test_an_endless_answer_is_cut(receiver: Receiver) -> None:
    sent_bytes = 0

    async def endless(request: web.Request, _: Received) -> web.StreamResponse:
        nonlocal sent_bytes
        response = web.StreamResponse()
        await response.prepare(request)
        while sent_bytes < 500 * MOST_ANSWER_BYTES:
            await response.write(b"x" * MOST_ANSWER_BYTES)
            sent_bytes += MOST_ANSWER_BYTES
        return response

    receiver.answer = endless
    sender = Sender(20.0)
    answer = await sender.post(Target(receiver.url, is_trusted=True), {}, b"{}")
    await sender.close()
    assert answer.status == 200
    assert sent_bytes < 200 * MOST_ANSWER_BYTES


@pytest.mark.parametrize("header", [b"x: " + b"y" * 65_536, b"x-many: y\r\n" * 6_000])
async def test_headers_without_end_are_cut(header: bytes) -> None:
    sent_bytes = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent_bytes
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(ConnectionError):
            while sent_bytes < 100_000_000:
                writer.write(header)
                await writer.drain()
                sent_bytes += len(header)
        writer.close()

    async with await asyncio.start_server(endless, "127.0.0.1", 0) as server:
        sender = Sender(5.0)
        port = server.sockets[0].getsockname()[1]
        answer = await sender.post(Target(f"http://127.0.0.1:{port}/", is_trusted=True), {}, b"{}")
        await sender.close()

    assert answer.status == 0
    assert sent_bytes < 20_000_000


async def test_a_receiver_that_is_not_there_is_a_word_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        sender = Sender(5.0)
        answer = await sender.post(Target(f"http://127.0.0.1:{port}/", is_trusted=True), {}, b"{}")

    def nowhere(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)  # a real one may take its time over a name that is none
    unknown = await sender.post(Target("http://nowhere.invalid/", is_trusted=True), {}, b"{}")
    await sender.close()
    assert (answer.status, answer.reason) == (0, "no-connection")
    assert (unknown.status, unknown.reason) == (0, "unknown-host")
