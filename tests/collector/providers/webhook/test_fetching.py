"""Documents fetched in the background: nobody has to wait, nothing is fetched twice, redirects lead nowhere."""

import threading
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from streamprocessor.collector.providers.webhook.fetching import (
    MAX_AT_ONCE,
    MAX_AT_ONCE_FOR_A_SENDER,
    MAX_DOCUMENTS,
    BackgroundFetch,
    document_at,
    https_get,
)

PATIENCE_SECONDS = 10


class Source:
    """Documents that are there when the test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.error: OSError | None = None

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        assert self.may_answer.wait(PATIENCE_SECONDS)
        if self.error:
            raise self.error
        return url.encode()


def future_of(answer: bytes | Future[bool]) -> Future[bool]:
    assert isinstance(answer, Future)
    return answer


def wait_for_all() -> None:
    for thread in threading.enumerate():
        if thread.name == "background-fetch":
            thread.join(PATIENCE_SECONDS)


def test_a_document_is_there_once_it_was_fetched_and_fetched_once() -> None:
    source = Source()
    fetch = BackgroundFetch(source)
    first, second = future_of(fetch("a", "")), future_of(fetch("a", ""))
    assert first is second
    assert not first.done()
    source.may_answer.set()
    assert first.result(PATIENCE_SECONDS) is True
    assert [fetch("a", ""), fetch("a", "")] == [b"a", b"a"]
    assert source.asked == ["a"]


def test_no_more_than_a_few_are_fetched_at_once() -> None:
    source = Source()
    fetch = BackgroundFetch(source)
    urls = [f"{number}" for number in range(MAX_AT_ONCE + 3)]
    fetches = [future_of(fetch(url, url)) for url in urls]
    assert [fetched.done() for fetched in fetches] == [False] * MAX_AT_ONCE + [True] * 3
    assert not any(fetched.result() for fetched in fetches[MAX_AT_ONCE:])
    source.may_answer.set()
    wait_for_all()
    assert source.asked == urls[:MAX_AT_ONCE]


def test_a_sender_of_made_up_urls_takes_no_others_place() -> None:
    source = Source()
    fetch = BackgroundFetch(source)
    made_up = [future_of(fetch(f"made up {number}", "192.0.2.9")) for number in range(100)]
    assert [fetched.done() for fetched in made_up] == [False] * MAX_AT_ONCE_FOR_A_SENDER + [True] * 98
    genuine = future_of(fetch("genuine", "198.51.100.1"))
    source.may_answer.set()
    assert genuine.result(PATIENCE_SECONDS) is True
    wait_for_all()
    assert future_of(fetch("another", "192.0.2.9")).result(PATIENCE_SECONDS) is True


def test_no_more_than_some_are_kept() -> None:
    source = Source()
    source.may_answer.set()
    fetch = BackgroundFetch(source)
    for number in range(MAX_DOCUMENTS + 1):
        assert future_of(fetch(f"{number}", "")).result(PATIENCE_SECONDS)
    assert fetch(f"{MAX_DOCUMENTS}", "") == f"{MAX_DOCUMENTS}".encode()
    assert future_of(fetch("0", "")).result(PATIENCE_SECONDS)


def test_a_failure_is_logged_without_its_query_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    source = Source()
    source.may_answer.set()
    source.error = ConnectionRefusedError()
    fetch = BackgroundFetch(source)
    assert future_of(fetch("https://sns.example/?Token=secret", "")).result(PATIENCE_SECONDS) is False
    assert "sns.example" in caplog.text
    assert "secret" not in caplog.text
    source.error = None
    assert future_of(fetch("https://sns.example/?Token=secret", "")).result(PATIENCE_SECONDS) is True
    assert fetch("https://sns.example/?Token=secret", "") == b"https://sns.example/?Token=secret"


@pytest.mark.parametrize("url", ["http://example.com/", "file:///etc/hostname", "ftp://example.com/", ""])
def test_only_https_is_fetched(url: str) -> None:
    with pytest.raises(OSError, match="wanted https"):
        https_get(url)


def test_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asked: list[str] = []

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with pytest.raises(OSError, match="302"):
                document_at(f"http://127.0.0.1:{server.server_port}/")
        finally:
            server.shutdown()
            thread.join()
    assert asked == ["/"]
