"""Who may post: each provider's own proof, and nobody without it."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from streamprocessor.collector.http.wire_format import HttpRequest, RefusalError
from streamprocessor.collector.providers import mailgun, resend, sendgrid
from streamprocessor.errors import OperatorError
from streamprocessor.settings import MAIL_PROVIDERS
from tests.collector.providers.senders import (
    NOW_SECONDS,
    RESEND_SECRET,
    SENDERS,
    TOPIC,
    Sender,
    basic_header,
    cases_of,
    format_of,
    mailersend_post,
    mailgun_form_post,
    mailgun_post,
    mandrill_post,
    post,
    public_key_of,
    resend_post,
    sendgrid_key,
    sendgrid_post,
)

each_sender = pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: f"{sender.cases}-{sender.secret[:7]}")
WRONG = {
    "sendgrid": public_key_of(sendgrid_key("somebody's")),
    "resend": "whsec_" + base64.b64encode(b"another").decode(),
    "ses": "arn:aws:sns:us-east-1:999999999999:mine",
}


def refusal_of(provider: str, secret: str | None, request: HttpRequest) -> RefusalError:
    with pytest.raises(RefusalError) as refused:
        format_of(provider, secret).parse(request)
    return refused.value


def request_of(sender: Sender, secret: str) -> HttpRequest:
    case = next(case for case in cases_of(sender) if case["becomes"])
    return sender.post(case["payload"], secret)


@each_sender
def test_a_post_under_another_secret_is_refused(sender: Sender) -> None:
    wrong = WRONG.get(sender.provider, "user:wrong" if ":" in sender.secret else "wrong")
    refusal = refusal_of(sender.provider, sender.secret, request_of(sender, wrong))
    assert (refusal.status, refusal.code) == (401, "unauthorized")


@each_sender
def test_a_post_without_any_proof_is_refused(sender: Sender) -> None:
    request = request_of(sender, sender.secret)
    bare = request._replace(headers={"content-type": request.headers["content-type"]})
    body = request.body.replace(b"signature", b"nothing").replace(b"Signature", b"Nothing")
    refusal = refusal_of(sender.provider, sender.secret, bare._replace(body=body, raw_body=body))
    assert refusal.status == 401


@each_sender
def test_without_a_secret_the_path_is_closed(sender: Sender) -> None:
    refusal = refusal_of(sender.provider, None, request_of(sender, sender.secret))
    assert (refusal.status, refusal.code) == (403, "not-configured")
    assert f"STREAMPROCESSOR_HOOK_{sender.provider.upper()}_SECRET" in str(refusal)


@each_sender
def test_unverified_says_on_purpose_that_nothing_is_checked(sender: Sender) -> None:
    wire_format = format_of(sender.provider, "unverified")
    request = request_of(sender, WRONG.get(sender.provider, "wrong"))
    assert wire_format.decode(request, wire_format.parse(request)).entries


SIGNED_BODIES = [
    sender for sender in SENDERS if sender.provider in ("sendgrid", "mailersend", "resend", "mandrill", "ses")
]


@pytest.mark.parametrize("sender", SIGNED_BODIES, ids=lambda sender: sender.provider)
def test_a_body_changed_after_signing_is_refused(sender: Sender) -> None:
    request = request_of(sender, sender.secret)
    body = request.body.replace(b"c-42", b"c-43")
    assert body != request.body
    assert refusal_of(sender.provider, sender.secret, request._replace(body=body, raw_body=body)).status == 401


def test_sendgrids_closing_line_break_is_part_of_what_is_signed() -> None:
    secret = public_key_of(sendgrid_key())
    request = sendgrid_post([], secret)
    format_of("sendgrid", secret).parse(request)
    trimmed = request.raw_body.rstrip()
    assert refusal_of("sendgrid", secret, request._replace(body=trimmed, raw_body=trimmed)).status == 401


@pytest.mark.parametrize(("age_ms", "taken"), [(0, True), (-4 * 60_000, True), (-6 * 60_000, False)])
@pytest.mark.parametrize("provider", ["sendgrid", "mailgun", "resend"])
def test_a_signature_from_the_future_is_refused(provider: str, age_ms: int, taken: bool) -> None:
    assert _is_taken(provider, age_ms) is taken


@pytest.mark.parametrize(
    ("provider", "max_age_ms"),
    [("sendgrid", sendgrid.MAX_AGE_MS), ("mailgun", mailgun.MAX_AGE_MS), ("resend", resend.MAX_AGE_MS)],
)
def test_an_old_signed_post_is_refused_as_a_replay(provider: str, max_age_ms: int) -> None:
    assert _is_taken(provider, max_age_ms)
    assert not _is_taken(provider, max_age_ms + 1000)


def test_an_older_form_of_mailgun_is_refused_as_a_replay_too() -> None:
    old = [["event", "opened"], ["recipient", "a@example.com"], ["timestamp", str(NOW_SECONDS - 13 * 3600)]]
    assert refusal_of("mailgun", "key", mailgun_form_post(old, "key")).status == 401


def test_a_head_is_answered_before_anything_is_configured() -> None:
    for provider in MAIL_PROVIDERS:
        wire_format = format_of(provider, None)
        head = HttpRequest("HEAD", f"/hooks/{provider}", "", {}, b"", b"", NOW_SECONDS * 1000)
        parsed = wire_format.parse(head)
        assert wire_format.decode(head, parsed).entries == []
        answer = wire_format.accepted_answer(head, parsed, wire_format.decode(head, parsed))
        assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("secret", [None, "mandrill's key"])
def test_mandrills_trial_of_the_address_is_answered_whatever_signed_it(secret: str | None) -> None:
    assert format_of("mandrill", secret).parse(mandrill_post([], "test-webhook")).payload == []


@pytest.mark.parametrize("secret", [None, "mailersend's secret"])
def test_mailersends_trial_of_the_address_is_answered_whatever_signed_it(secret: str | None) -> None:
    ping = {"type": "webhook.test", "message": "This is a ping test message", "created_at": "2026-11-22T08:00:00Z"}
    wire_format = format_of("mailersend", secret)
    request = mailersend_post(ping, "test_key_that_everybody_knows")
    assert wire_format.decode(request, wire_format.parse(request)).entries == []


@pytest.mark.parametrize(
    "activity",
    [
        {"type": "activity.opened", "data": {"email": {"tags": ["webhook.test"]}}},
        {"type": ["webhook.test"]},
        {"data": {"type": "webhook.test"}},
        [{"type": "webhook.test"}],
    ],
)
def test_an_activity_that_only_mentions_the_trial_must_be_signed(activity: object) -> None:
    assert refusal_of("mailersend", "secret", mailersend_post(activity, "wrong")).status == 401


@pytest.mark.parametrize(
    "body", [b"", b"mandrill_events=", b"mandrill_events=%5B%5D&mandrill_events=%5B%7B%7D%5D", b"{}"]
)
def test_what_is_no_empty_list_of_mandrills_must_be_signed(body: bytes) -> None:
    assert refusal_of("mandrill", "key", post("mandrill", body, {"content-type": "text/plain"})).status == 401


def test_mandrill_signs_the_address_with_its_query() -> None:
    events = [{"event": "open"}]
    request = mandrill_post(events, "key", "https://hooks.example.org/hooks/mandrill?team=a")
    format_of("mandrill", "key").parse(request._replace(query="team=a"))
    assert refusal_of("mandrill", "key", request).status == 401


BASIC_CASES: list[Mapping[str, str]] = [
    {},
    {"authorization": ""},
    {"authorization": "Basic"},
    {"authorization": "Basic ???"},
    {"authorization": "Basic dXNlcjpwYXNzd29yZA"},  # the right one, its padding cut off
    {"authorization": "Bearer user:password"},
    {"authorization": "user:password"},
    basic_header("user"),
    basic_header("user:passwor"),
    basic_header("user:password "),
    basic_header(":"),
]


@pytest.mark.parametrize("headers", BASIC_CASES)
def test_wrong_credentials_are_asked_for_again(headers: Mapping[str, str]) -> None:
    refusal = refusal_of("postmark", "user:password", post("postmark", b"{}", headers))
    answer = format_of("postmark", "user:password").refusal_answer(refusal)
    assert answer.status == 401
    assert dict(answer.headers)["www-authenticate"].startswith("Basic ")
    assert set(json.loads(answer.body)) == {"code", "message"}


@pytest.mark.parametrize(
    ("provider", "secret"),
    [
        ("sendgrid", "not a key"),
        ("sendgrid", base64.b64encode(b"not a key either").decode()),
        ("postmark", "hunter2"),
        ("postmark", "hunter2:"),
        ("mailjet", ":hunter2"),
        ("resend", "whsec_h"),
        ("ses", "ada:hunter2"),
        ("ses", f"{TOPIC},"),
    ],
)
def test_a_secret_that_can_not_be_one_refuses_to_start_without_repeating_it(provider: str, secret: str) -> None:
    with pytest.raises(OperatorError, match=f"STREAMPROCESSOR_HOOK_{provider.upper()}_SECRET: wanted") as refused:
        format_of(provider, secret)
    assert secret not in str(refused.value)


def test_a_signing_secret_of_nothing_refuses_to_start() -> None:
    with pytest.raises(OperatorError, match="STREAMPROCESSOR_HOOK_RESEND_SECRET"):
        format_of("resend", "whsec_")


def test_sendgrids_key_may_be_pem() -> None:
    encoded = public_key_of(sendgrid_key())
    pem = f"-----BEGIN PUBLIC KEY-----\n{encoded[:64]}\n{encoded[64:]}\n-----END PUBLIC KEY-----\n"
    format_of("sendgrid", pem).parse(sendgrid_post([], encoded))


@pytest.mark.parametrize("timestamp", ["", "-1", "1e9", "١٧٩٥٣٣٤٧٠٠", "99999999999", "9" * 400])
def test_a_time_of_svix_that_is_none_is_refused(timestamp: str) -> None:
    request = resend_post({}, RESEND_SECRET)
    headers = {**request.headers, "svix-timestamp": timestamp}
    assert refusal_of("resend", RESEND_SECRET, request._replace(headers=headers)).status == 401


@pytest.mark.parametrize("timestamp", ["nan", "inf", "-inf", "1e9", "-1", "", "0x7", "9" * 400])
def test_a_time_of_sendgrid_or_mailgun_that_is_none_is_refused_though_it_is_signed(timestamp: str) -> None:
    secret = public_key_of(sendgrid_key())
    at: Any = timestamp
    assert refusal_of("sendgrid", secret, sendgrid_post([], secret, at)).status == 401
    assert refusal_of("mailgun", "key", mailgun_post({"event-data": {}}, "key", at)).status == 401


def _is_taken(provider: str, age_ms: int) -> bool:
    secret = {"sendgrid": public_key_of(sendgrid_key()), "resend": RESEND_SECRET}.get(provider, "key")
    at_seconds = NOW_SECONDS - age_ms // 1000
    if provider == "sendgrid":
        request = sendgrid_post([], secret, at_seconds)
    elif provider == "mailgun":
        request = mailgun_post({"event-data": {}}, secret, at_seconds)
    else:
        request = resend_post({}, secret, at_seconds)
    try:
        format_of(provider, secret).parse(request)
    except RefusalError:
        return False
    return True
