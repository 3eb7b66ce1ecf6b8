"""A token is good for the one thing that it first came with, as long as it is remembered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.collector.http.wire_format import HttpRequest, RefusalError, WireFormat
from streamprocessor.collector.providers import mailgun
from streamprocessor.collector.providers.registry import provider_formats
from streamprocessor.collector.providers.webhook import replay_guard
from streamprocessor.collector.providers.webhook.replay_guard import ReplayGuard
from tests.collector.providers.senders import (
    CONTACT_IDS,
    NOW_MS,
    NOW_SECONDS,
    amazon,
    mailgun_form_post,
    mailgun_post,
    mailgun_signature,
    post,
)

KEY = "mailgun's signing key"
DAY_MS = 86_400_000
OPENED = {"event": "opened", "recipient": "a@b.example", "timestamp": NOW_SECONDS, "id": "first"}
FORM = [["event", "opened"], ["recipient", "a@b.example"], ["timestamp", str(NOW_SECONDS)]]


def mailgun_format(folder: Path | None) -> WireFormat:
    formats = provider_formats({"mailgun": KEY}, CONTACT_IDS, None, amazon, folder)
    return next(wire_format for wire_format in formats if wire_format.name == "mailgun")


def is_taken(wire_format: WireFormat, request: HttpRequest) -> bool:
    try:
        wire_format.parse(request)
    except RefusalError as refusal:
        assert refusal.status == 401  # noqa: PT017
        return False
    return True


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        ({}, True),
        ({"id": "another"}, True),  # what is delivered again may have an id of its own
        ({"event": "complained"}, False),
        ({"recipient": "victim@b.example"}, False),
        ({"timestamp": NOW_SECONDS - 1}, False),
        ({"user-variables": {"contact_id": "c-1"}}, False),
        ({"flags": {"is-test-mode": True}}, False),
    ],
)
def test_a_token_of_mailguns_signs_no_other_event(change: dict[str, Any], taken: bool) -> None:
    wire_format = mailgun_format(None)

    assert is_taken(wire_format, mailgun_post({"event-data": OPENED}, KEY))
    assert is_taken(wire_format, mailgun_post({"event-data": OPENED | change}, KEY)) is taken


def test_a_token_seen_in_an_older_form_signs_no_other_event_either() -> None:
    wire_format = mailgun_format(None)
    complaint = {"event-data": OPENED | {"event": "complained"}}

    assert is_taken(wire_format, mailgun_form_post(FORM, KEY))
    assert is_taken(wire_format, mailgun_form_post(FORM, KEY))
    assert not is_taken(wire_format, mailgun_post(complaint, KEY))
    assert not is_taken(wire_format, mailgun_form_post([["event", "complained"], *FORM[1:]], KEY))


def test_a_token_that_was_not_signed_is_not_remembered() -> None:
    wire_format = mailgun_format(None)
    forged = {"signature": mailgun_signature("another key"), "event-data": OPENED | {"event": "complained"}}

    assert not is_taken(wire_format, post("mailgun", json.dumps(forged).encode()))
    assert is_taken(wire_format, mailgun_post({"event-data": OPENED}, KEY))


def test_tokens_outlive_the_process_and_a_row_that_a_kill_cut_off(tmp_path: Path) -> None:
    assert is_taken(mailgun_format(tmp_path), mailgun_post({"event-data": OPENED}, KEY))
    with (tmp_path / mailgun.TOKENS_FILE).open("ab") as file:
        file.write(b"cut off")

    restarted = mailgun_format(tmp_path)

    assert not is_taken(restarted, mailgun_post({"event-data": OPENED | {"event": "complained"}}, KEY))
    assert is_taken(restarted, mailgun_post({"event-data": OPENED}, KEY))


def test_tokens_are_forgotten_after_their_time(tmp_path: Path) -> None:
    tokens = ReplayGuard(DAY_MS, tmp_path / "tokens")
    tokens.is_good_for("old", ["a"], NOW_MS)
    tokens.is_good_for("young", ["a"], NOW_MS + DAY_MS)

    assert not tokens.is_good_for("old", ["b"], NOW_MS + DAY_MS)
    assert tokens.is_good_for("old", ["b"], NOW_MS + DAY_MS + 1)
    assert not tokens.is_good_for("young", ["b"], NOW_MS + DAY_MS + 1)


def test_memory_and_file_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_guard, "MAX_TOKENS", 10)
    file = tmp_path / "tokens"
    tokens = ReplayGuard(DAY_MS, file)
    for number in range(100):
        assert tokens.is_good_for(str(number), ["a"], NOW_MS + number)
        assert len(tokens) <= 11
        assert file.stat().st_size <= 21 * 24

    assert not ReplayGuard(DAY_MS, file).is_good_for("99", ["b"], NOW_MS + 100)


def test_what_cannot_be_kept_on_disk_is_remembered_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = ReplayGuard(DAY_MS, tmp_path / "no" / "such" / "folder")

    assert tokens.is_good_for("a", ["a"], NOW_MS)
    assert not tokens.is_good_for("a", ["b"], NOW_MS)
    assert "a restart forgets tokens" in caplog.text


def test_a_file_that_cannot_be_made_smaller_holds_up_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(replay_guard, "MAX_TOKENS", 2)
    (tmp_path / "tokens.new").mkdir()
    tokens = ReplayGuard(DAY_MS, tmp_path / "tokens")

    assert all(tokens.is_good_for(str(number), ["a"], NOW_MS) for number in range(20))
    assert "a restart forgets tokens" in caplog.text


def test_a_file_that_cannot_be_written_at_the_start_is_read_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ReplayGuard(DAY_MS, tmp_path / "tokens").is_good_for("a", ["a"], NOW_MS)
    (tmp_path / "tokens.new").mkdir()  # as a full disk would, it takes nothing

    assert not ReplayGuard(DAY_MS, tmp_path / "tokens").is_good_for("a", ["b"], NOW_MS)
    assert "a restart forgets tokens" in caplog.text
