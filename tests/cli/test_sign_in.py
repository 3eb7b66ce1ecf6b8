"""`sign-in` prints an address that the page takes once, and says what is missing where none would do."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streamprocessor.process.clock import now_ms
from streamprocessor.process.http.address_note import AddressNote, address_noted
from streamprocessor.readmodel.requests.sign_in_links import SignInLinks
from tests.cli.conftest import Call

API = AddressNote("api", "streamprocessor", "http://127.0.0.1:8080")


def test_it_prints_an_address_that_is_good_once(call: Call, tmp_path: Path) -> None:
    with address_noted(tmp_path, API):
        result = call("sign-in", "--data-dir", str(tmp_path))

    assert result.exit_code == 0, result.output
    address = re.fullmatch(r"sign in: http://127\.0\.0\.1:8080/sign-in#(\S+)\n  good once, .*\n", result.stdout)
    assert address is not None, result.stdout
    links = SignInLinks(tmp_path, "the token", now_ms)
    assert [links.take(address[1]) for _ in range(2)] == ["the token", None]


def test_an_api_of_another_application_of_the_folder_is_found_too_and_its_own_comes_first(
    call: Call, tmp_path: Path
) -> None:
    other = AddressNote("api", "demo-streamprocessor", "http://127.0.0.1:8081")
    with address_noted(tmp_path, other):
        assert "http://127.0.0.1:8081/sign-in#" in call("sign-in", "--data-dir", str(tmp_path)).stdout
        with address_noted(tmp_path, API):
            printed = call("sign-in", "--data-dir", str(tmp_path)).stdout
    assert re.findall(r"http://127\.0\.0\.1:\d+", printed) == ["http://127.0.0.1:8080"]


def test_the_address_is_where_people_open_the_page(call: Call, tmp_path: Path) -> None:
    environment = {"STREAMPROCESSOR_PAGE_URL": "https://leads.example.com/"}
    with address_noted(tmp_path, API):
        result = call("sign-in", "--data-dir", str(tmp_path), env=environment)
    assert result.stdout.startswith("sign in: https://leads.example.com/sign-in#")


def test_without_an_api_it_says_what_to_start(call: Call, tmp_path: Path) -> None:
    result = call("sign-in", "--data-dir", str(tmp_path))
    assert result.exit_code == 2
    assert f"no api runs on {tmp_path}; wanted a running `streamprocessor up`" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_where_the_settings_say_who_signs_in_it_says_so(call: Call, tmp_path: Path) -> None:
    environment = {"STREAMPROCESSOR_API_TOKENS": "ops/read=0123456789abcdef"}
    with address_noted(tmp_path, API):
        result = call("sign-in", "--data-dir", str(tmp_path), env=environment)
    assert result.exit_code == 2
    assert "STREAMPROCESSOR_API_TOKENS says who signs in here" in result.stderr


WATCHED = """
import os, sys
from streamprocessor.cli.local.sign_in_lines import is_watched
if sys.argv[1:] == ["of up"]:
    if os.fork():
        os.wait()
        sys.exit()
    os.setsid()  # as processes under supervision are started
print(f"watched: {is_watched()}")
"""


@pytest.mark.skipif(shutil.which("script") is None, reason="no terminal to be had here")
@pytest.mark.parametrize(
    ("words", "in_terminal", "told"), [([], True, True), (["of up"], True, False), ([], False, False)]
)
def test_an_api_tells_its_address_to_who_started_it_in_a_terminal_and_to_no_log(
    words: list[str], in_terminal: bool, told: bool
) -> None:
    command = [sys.executable, "-c", WATCHED, *words]
    if not in_terminal:
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    else:
        shell = ["script", "--quiet", "--return", "--command", shlex.join(command), "/dev/null"]
        printed = subprocess.run(shell, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    assert f"watched: {told}" in printed
