"""Commands ask the processes of their own data folder, on whatever ports those found free."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from streamprocessor.process.http.address_note import AddressNote, address_noted
from streamprocessor.process.ports import any_free
from tests.cli.conftest import Call

URL = "https://example.com/pricing"


class _NoSubscriptions(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = json.dumps({"subscriptions": [{"name": "crm", "asked": self.path}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """A request leaves no line in the output of the tests."""


@pytest.fixture
def delivery_port() -> Iterator[int]:
    """Of somebody who answers as delivery does."""
    with HTTPServer(("127.0.0.1", 0), _NoSubscriptions) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_delivery_is_asked_where_that_of_the_folder_answers(call: Call, tmp_path: Path, delivery_port: int) -> None:
    here = AddressNote("delivery", "streamprocessor", f"http://127.0.0.1:{delivery_port}")
    usual = {"STREAMPROCESSOR_DELIVERY_PORT": str(any_free())}
    with address_noted(tmp_path, here):
        listed = call("delivery", "list", "--data-dir", tmp_path, "--json", env=usual)

    assert listed.exit_code == 0, listed.output
    assert json.loads(listed.stdout) == {"name": "crm", "asked": "/api/subscriptions"}


def test_a_port_that_is_typed_goes_before_what_the_folder_says(call: Call, tmp_path: Path, delivery_port: int) -> None:
    gone = AddressNote("delivery", "streamprocessor", f"http://127.0.0.1:{any_free()}")
    with address_noted(tmp_path, gone):
        listed = call("delivery", "--delivery-port", str(delivery_port), "list", "--data-dir", tmp_path)

    assert listed.exit_code == 0, listed.output


@pytest.mark.parametrize(
    ("public_url", "begins", "is_warned"),
    [("", "http://127.0.0.1:8001/c/", True), ("https://track.example.com", "https://track.example.com/c/", False)],
)
def test_links_that_only_this_machine_reaches_lead_to_its_collector_and_say_so(
    call: Call, tmp_path: Path, public_url: str, begins: str, is_warned: bool
) -> None:
    here = AddressNote("collector", "streamprocessor", "http://127.0.0.1:8001")
    words = ["links", "--contact", "c-42", "--url", URL, "--json", "--data-dir", str(tmp_path)]
    with address_noted(tmp_path, here):
        made = call(*words, *(["--public-url", public_url] if public_url else []))

    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["links"][URL].startswith(begins)
    assert ("only this machine reaches" in made.stderr) is is_warned
