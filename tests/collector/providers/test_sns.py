"""Amazon SNS: whose certificate is believed, what is fetched and what never is."""

import json
from concurrent.futures import Future

import pytest

from streamprocessor.collector.http.wire_format import DecodedEvents, HttpRequest, PendingFetchError, RefusalError
from streamprocessor.collector.providers.webhook.fetching import DocumentFetch
from tests.collector.providers.senders import (
    CERTIFICATE_URL,
    CONFIRM_URL,
    TOPIC,
    amazon,
    amazon_key,
    certificate,
    format_of,
    post,
    sns_envelope,
    sns_post,
)

OPEN = json.dumps({"eventType": "Open", "mail": {"destination": ["ada@example.com"]}, "open": {}})


class Fetched:
    """A fetch that remembers what was asked of it."""

    def __init__(self, answer: DocumentFetch = amazon) -> None:
        self.urls: list[str] = []
        self._answer = answer

    def __call__(self, url: str, sender: str) -> bytes | Future[bool]:
        self.urls.append(url)
        return self._answer(url, sender)


def read(request: HttpRequest, fetch: DocumentFetch = amazon, secret: str = TOPIC) -> DecodedEvents:
    wire_format = format_of("ses", secret, fetch)
    return wire_format.decode(request, wire_format.parse(request))


def refusal_of(request: HttpRequest, fetch: DocumentFetch = amazon, secret: str = TOPIC) -> RefusalError:
    with pytest.raises(RefusalError) as refused:
        read(request, fetch, secret)
    return refused.value


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_signatures_are_believed(version: str) -> None:
    assert len(read(sns_post(sns_envelope(OPEN, SignatureVersion=version))).entries) == 1


def test_another_version_of_signatures_is_refused() -> None:
    assert refusal_of(sns_post(sns_envelope(OPEN, SignatureVersion="3"))).status == 401


def test_a_signature_of_another_key_is_refused() -> None:
    assert refusal_of(sns_post(sns_envelope(OPEN), amazon_key("somebody's"))).status == 401


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcdef.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0123abcdef.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-0123abcdef.pem",
        "https://user@sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcdef.pem",
        "https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-0123abcdef.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcdef.pem",
        "https://s3.us-east-1.amazonaws.com/bucket/SimpleNotificationService-0123abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcdef.pem",
        "https://sns.us-east-1.amazonaws.com/../bucket/SimpleNotificationService-0123abcdef.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcdef.pem?x=1",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123/abcdef.pem",
        "https://169.254.169.254/SimpleNotificationService-0123abcdef.pem",
        "file:///SimpleNotificationService-0123abcdef.pem",
        "",
    ],
)
def test_a_certificate_from_anywhere_else_is_never_fetched(url: str) -> None:
    fetch = Fetched(lambda *_: certificate())
    assert refusal_of(sns_post(sns_envelope(OPEN, SigningCertURL=url)), fetch).status == 401
    assert fetch.urls == []


def test_a_topic_that_is_not_ours_is_refused_before_anything_is_fetched() -> None:
    fetch = Fetched()
    others = "arn:aws:sns:us-east-1:999999999999:mine"
    assert refusal_of(sns_post(sns_envelope(OPEN, TopicArn=others)), fetch).code == "unknown-topic"
    assert fetch.urls == []
    read(sns_post(sns_envelope(OPEN, TopicArn=others)), fetch, f"{TOPIC}, {others}")


def test_a_message_waits_for_the_certificate_and_where_that_does_not_come_sns_delivers_again() -> None:
    fetched: Future[bool] = Future()
    refusal = refusal_of(sns_post(sns_envelope(OPEN)), lambda *_: fetched)
    assert isinstance(refusal, PendingFetchError)
    assert refusal.fetched is fetched
    assert (refusal.status, refusal.retry_after_seconds) == (503, 5)


@pytest.mark.parametrize("days_old", [366, -1])
def test_a_certificate_that_is_not_valid_today_is_refused(days_old: int) -> None:
    assert refusal_of(sns_post(sns_envelope(OPEN)), lambda *_: certificate(days_old)).status == 401


def test_a_document_that_is_no_certificate_is_refused() -> None:
    assert refusal_of(sns_post(sns_envelope(OPEN)), lambda *_: b"<html>").status == 401


@pytest.mark.parametrize(("at", "taken"), [("2026-11-22T06:05:00Z", True), ("2026-11-22T06:04:59Z", False)])
def test_an_old_message_is_refused_as_a_replay(at: str, taken: bool) -> None:
    request = sns_post(sns_envelope(OPEN, Timestamp=at))
    if taken:
        assert read(request).entries
    else:
        assert refusal_of(request).status == 401


def test_a_subscription_is_confirmed_by_fetching_its_url() -> None:
    fetch = Fetched()
    request = sns_post(sns_envelope("You have chosen to subscribe.", Type="SubscriptionConfirmation"))
    assert read(request, fetch).entries == []
    assert fetch.urls == [CERTIFICATE_URL, CONFIRM_URL]


def test_a_subscription_counts_as_confirmed_only_when_it_is() -> None:
    request = sns_post(sns_envelope("You have chosen to subscribe.", Type="SubscriptionConfirmation"))
    fetch = Fetched(lambda url, _: certificate() if url == CERTIFICATE_URL else Future())
    assert isinstance(refusal_of(request, fetch), PendingFetchError)
    assert fetch.urls == [CERTIFICATE_URL, CONFIRM_URL]


@pytest.mark.parametrize("secret", [TOPIC, "unverified"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/?Action=ConfirmSubscription&Token=1",
        "http://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=1",
        "https://sns.us-east-1.amazonaws.com.evil.example/?Action=ConfirmSubscription&Token=1",
        "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&Token=1",
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=1#@evil.example",
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1",
        "http://169.254.169.254/latest/meta-data/",
        "https://sns.us-east-1.amazonaws.com/",
    ],
)
def test_a_subscription_elsewhere_is_never_fetched_not_even_unverified(secret: str, url: str) -> None:
    fetch = Fetched(lambda *_: certificate())
    envelope = sns_envelope("You have chosen to subscribe.", Type="SubscriptionConfirmation", SubscribeURL=url)
    assert refusal_of(sns_post(envelope), fetch, secret).status == 403
    assert url not in fetch.urls


def test_a_cancelled_subscription_is_heard_and_not_taken_up_again() -> None:
    fetch = Fetched()
    request = sns_post(sns_envelope("You have chosen to deactivate.", Type="UnsubscribeConfirmation"))
    assert read(request, fetch).entries == []
    assert fetch.urls == [CERTIFICATE_URL]


def test_a_message_in_plain_words_is_accepted_and_holds_no_event() -> None:
    words = "Successfully validated SNS topic for Amazon SES event publishing."
    decoded = read(sns_post(sns_envelope(words)))
    assert (decoded.entries, decoded.refused) == ([], [])


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{}", b'{"Type": "Other"}', b'{"Type": ["Notification"]}', b'{"Type": " Notification"}', OPEN.encode()],
)
def test_what_is_no_message_of_sns_is_refused(body: bytes) -> None:
    assert refusal_of(post("ses", body)).code == "not-sns"


def test_an_open_of_a_mail_to_several_needs_the_senders_tag() -> None:
    mail = {"destination": ["ada@example.com", "grace@example.com"], "messageId": "m"}
    decoded = read(sns_post(sns_envelope(json.dumps({"eventType": "Open", "mail": mail, "open": {}}))))
    assert [bad.reason for bad in decoded.refused] == ["no-contact"]

    tagged = mail | {"tags": {"contact_id": ["c-42"]}}
    decoded = read(sns_post(sns_envelope(json.dumps({"eventType": "Open", "mail": tagged, "open": {}}))))
    assert [entry.contact_id for entry in decoded.entries] == ["c-42"]


def test_china_has_a_domain_of_its_own() -> None:
    topic = "arn:aws-cn:sns:cn-north-1:123456789012:ses-events"
    url = "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0123abcdef.pem"
    envelope = sns_envelope(OPEN, TopicArn=topic, SigningCertURL=url)
    assert read(sns_post(envelope), lambda *_: certificate(), topic).entries
