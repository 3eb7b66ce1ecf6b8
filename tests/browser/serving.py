"""A site with the beacon in its pages, and a collector that keeps what it is sent; both over HTTP."""

from __future__ import annotations

import threading
import wave
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import urlsplit

from streamprocessor.collector.http.wire_format import DecodedEvents, HttpRequest, RefusalError, WireFormat
from tests.collector.tracking.requests import NOW_MS, Served, serve

PATIENCE_SECONDS = 15.0
BROWSER_KEY = "the key of the tests"


class Collector:
    """The formats' own functions behind a plain HTTP server; the real one's durability is tested elsewhere."""

    def __init__(self, url: str, formats: Iterable[WireFormat]) -> None:
        self.url = url
        self._formats = {
            (method, path.split("{")[0]): wire_format for wire_format in formats for method, path in wire_format.routes
        }
        self._arrived = threading.Condition()
        self.received: list[Served] = []

    def answer(self, asked: HttpRequest) -> Served:
        wire_format = next(
            wire_format
            for (method, start), wire_format in self._formats.items()
            if asked.method == method and (asked.path.startswith(start) if start.endswith("/") else asked.path == start)
        )
        if asked.path == "/b" and wire_format.parse(asked).key != BROWSER_KEY:
            return Served(wire_format.refusal_answer(RefusalError(401, "write-key", "wanted another")), DecodedEvents())
        served = serve(wire_format, asked)
        if served.decoded.entries or served.decoded.refused:
            with self._arrived:
                self.received.append(served)
                self._arrived.notify_all()
        return served

    def values(self, count: int) -> list[dict[str, object]]:
        """The first `count` records that arrive; fails where fewer come in time."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self._values()) >= count, PATIENCE_SECONDS)
            found = self._values()
        assert len(found) >= count, f"wanted {count} records; got {found}"
        return found

    def all_values(self, requests: int) -> list[dict[str, object]]:
        """The records of all requests, once so many have come; fails where fewer come in time."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.received) >= requests, PATIENCE_SECONDS)
            assert came, f"wanted {requests} requests; got {self.received}"
            return self._values()

    def _values(self) -> list[dict[str, object]]:
        return [value for served in self.received for value in served.values]


@contextmanager
def serving(formats: Iterable[WireFormat]) -> Iterator[Collector]:
    """A running collector of these formats."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            parts = urlsplit(self.path)
            asked = HttpRequest(self.command, parts.path, parts.query, headers, body, body, NOW_MS, None)
            answer = collector.answer(asked).answer
            self.send_response(answer.status)
            cross_origin = ("Access-Control-Allow-Origin", "*")
            for name, value in (("Content-Type", answer.content_type), cross_origin, *answer.headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None: ...

    with _running(Handler) as port:
        collector = Collector(f"http://127.0.0.1:{port}", formats)
        yield collector


class Site:
    """A site all of whose pages hold the beacon and one body, but for those of `pages`, which have bodies of their own.

    /tone.wav is 0.4 seconds of silence, and what ends in .pdf is a document.
    pages: bodies by path.
    script: the attributes of the beacon's tag, besides its src.
    answering: what a POST to /slow waits for. One to /refused is answered 422, all others 200.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.collector_url = ""
        self.body = ""
        self.pages: dict[str, str] = {}
        self.script = f'data-key="{BROWSER_KEY}"'
        self.answering = threading.Event()

    def page(self, path: str) -> bytes:
        body = self.pages.get(path, self.body)
        script = f'<script src="{self.collector_url}/beacon.js" {self.script}></script>'
        return f"<!doctype html><title>A site</title><body>{body}{script}</body>".encode()


def _silence() -> bytes:
    content = BytesIO()
    with wave.open(content, "wb") as tone:
        tone.setparams((1, 1, 8000, 3200, "NONE", ""))
        tone.writeframes(b"\x80" * 3200)
    return content.getvalue()


@contextmanager
def a_site() -> Iterator[Site]:
    """A running site; its host is not the collector's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/tone.wav":
                self._send(200, "audio/wav", _silence())
            elif path.endswith(".pdf"):
                self._send(200, "application/pdf", b"%PDF-1.4")
            else:
                self._send(200, "text/html", b"" if path == "/favicon.ico" else site.page(path))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/slow":
                site.answering.wait(PATIENCE_SECONDS)
            self._send(422 if self.path == "/refused" else 200, "text/html", site.page(self.path))

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", f"{content_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with _running(Handler) as port:
        site = Site(f"http://localhost:{port}")
        yield site
        site.answering.set()


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
