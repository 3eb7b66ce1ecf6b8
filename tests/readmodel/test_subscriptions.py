"""Subscriptions over the API: kept in their topic, taken up by a real delivery process, told with their deliveries."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis

from streamprocessor.delivery.subscriptions.signing import signer_of
from tests.delivery.conftest import receiver
from tests.delivery.leads import Lead, announce
from tests.delivery.receivers import Receiver, status
from tests.harness.apis import ALL, bearer
from tests.harness.deliveries import SECRET
from tests.harness.described_operations import answers_as_described, each_operation
from tests.harness.system import until
from tests.readmodel.conftest import ApiSystem
from tests.readmodel.description import ASKS_DELIVERY, DESCRIPTION

__all__ = ["receiver"]

pytestmark = pytest.mark.kafka

described = schemathesis.openapi.from_dict(DESCRIPTION).include(path_regex=ASKS_DELIVERY)


@pytest.fixture
def http(writer_http: httpx.Client) -> httpx.Client:
    """A client that may do everything."""
    return writer_http


@pytest.fixture
def path(writer_http: httpx.Client) -> Iterator[str]:
    """Where a subscription of this test is, which ends with it."""
    found = f"/subscriptions/s-{os.urandom(4).hex()}"
    yield found
    writer_http.delete(found)


def name_in(path: str) -> str:
    return path.rpartition("/")[2]


def to(receiver: Receiver, **more: Any) -> dict[str, Any]:
    """A subscription to hot leads."""
    return {"url": receiver.url, "events": ["became-hot-lead"], "secrets": ["env:HOOK_SECRET"]} | more


def now_ms() -> int:
    return int(time.time() * 1000)


def state_of(http: httpx.Client, path: str) -> str | None:
    state: str | None = http.get(path).json()["state"]
    return state


async def test_a_subscription_put_here_is_delivered_to_until_it_is_ended(
    api_system: ApiSystem, http: httpx.Client, path: str, receiver: Receiver
) -> None:
    said = to(receiver, when={"score": "engagement", "to": "hot"})
    assert http.put(path, json=said).status_code == 200
    assert http.get(path).json()["subscription"] == said, "it is read back at once"

    await until(lambda: state_of(http, path), lambda state: state == "well", 20, "delivery has it")
    await announce(api_system.system, [Lead("jane", 1, now_ms())])
    await until(lambda: receiver.taken, bool, 20, "a webhook", every_seconds=0.02)
    assert receiver.taken[0].content["subject"] == "jane"
    assert SECRET not in http.get(path).text

    seen = await until(lambda: http.get(f"{path}/deliveries").json(), lambda found: found["recent"], 10, "told")
    shown = [(row["webhook_id"], row["state"]) for row in seen["recent"]]
    assert shown == [(f"inc:jane:engagement:1/{name_in(path)}", "delivered")]
    assert (seen["state"], seen["waiting"], seen["undeliverable"]) == ("well", 0, [])

    assert http.delete(path).json()["subscription"] == said
    assert http.delete(path).status_code == 404
    await until(lambda: http.get(path).status_code, lambda code: code == 404, 20, "ended in delivery too")
    other = f"{path}-other"
    http.put(other, json=to(receiver))
    await until(lambda: state_of(http, other), lambda state: state == "well", 20, "delivery has the other")
    await announce(api_system.system, [Lead("joe", 1, now_ms())])
    await until(lambda: len(receiver.taken), lambda count: count == 2, 20, "joe's", every_seconds=0.02)
    http.post(f"{other}/ping")
    await until(lambda: len(receiver.taken), lambda count: count == 3, 20, "the ping", every_seconds=0.02)
    assert all(received.id.endswith(f"/{name_in(other)}") for received in receiver.taken[1:])
    http.delete(other)

    noted = {(line["operation"], line["object"], line["status"]) for line in api_system.api.audited()}
    for operation, named, answered in (
        ("put_subscription", path, 200),
        ("delete_subscription", path, 200),
        ("delete_subscription", path, 404),
        ("ping_subscription", other, 202),
    ):
        assert (operation, name_in(named), answered) in noted, operation


async def test_what_could_not_be_delivered_is_seen_and_sent_again_from_here(
    http: httpx.Client, path: str, receiver: Receiver
) -> None:
    receiver.answer = status(410)
    http.put(path, json=to(receiver))
    await until(lambda: state_of(http, path), lambda state: state == "well", 20, "delivery has it")
    webhook_id = http.post(f"{path}/ping").json()["webhook_id"]
    lost = await until(
        lambda: http.get(f"{path}/deliveries").json(),
        lambda found: found["undeliverable"],
        20,
        "given up",
    )
    assert lost["state"] == "disabled"
    assert [(row["webhook_id"], row["reason"]) for row in lost["undeliverable"]] == [(webhook_id, "status-410")]

    receiver.answer = receiver.take
    assert http.post(f"{path}/enable").json() == {"enabled": True}
    assert http.post(f"{path}/resend", json={"webhook_ids": ["another"]}).json() == {"sent_again": 0}
    assert http.post(f"{path}/resend", json={}).json() == {"sent_again": 1}
    await until(lambda: [each.id for each in receiver.taken], lambda ids: ids == [webhook_id], 20, "sent again")


async def test_what_delivery_refuses_is_told_here_and_what_its_file_holds_is_not_changed_here(
    http: httpx.Client, path: str, receiver: Receiver
) -> None:
    http.put(path, json=to(receiver, secrets=["env:HOOK_NOWHERE"]))
    rows = await until(
        lambda: {row["name"]: row for row in http.get("/subscriptions").json()["subscriptions"]},
        lambda found: found[name_in(path)]["state"] == "refused",
        20,
        "refused",
    )
    assert "env:HOOK_NOWHERE" in rows[name_in(path)]["refused"]
    assert (rows["of-the-file"]["source"], rows["of-the-file"]["subscription"]) == ("file", None)
    refused = http.put("/subscriptions/of-the-file", json=to(receiver))
    assert (refused.status_code, refused.json()["code"]) == (409, "held-by-file")
    assert http.delete("/subscriptions/of-the-file").status_code == 404


async def test_a_secret_that_delivery_made_signs_and_goes_with_its_subscription(
    api_system: ApiSystem, http: httpx.Client, path: str, receiver: Receiver
) -> None:
    said = {word: value for word, value in to(receiver).items() if word != "secrets"}
    secret = http.put(path, json=said | {"secrets": "generate"}).json()["secret"]
    assert http.get(path).json()["subscription"] == said | {"secrets": [f"kept:{name_in(path)}/1"]}
    await until(lambda: state_of(http, path), lambda state: state == "well", 20, "delivery has it")
    http.post(f"{path}/ping")
    await until(lambda: receiver.taken, bool, 20, "a webhook", every_seconds=0.02)
    headers, body = receiver.taken[0].headers, receiver.taken[0].body
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == signer_of(secret, "test")(signed)

    (database,) = (api_system.api.audit_file.parent / "delivery").glob("*delivery.sqlite")
    assert kept_in(database) == [name_in(path)]
    http.delete(path)
    await until(lambda: kept_in(database), lambda kept: kept == [], 20, "its secret is gone")


def kept_in(database: Path) -> list[str]:
    """The subscriptions whose secrets a delivery's database holds."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [name for (name,) in connection.execute("select subscription from kept_secrets")]


WRONG = [
    ({"url": "https://a.example"}, ["'events' is missing", "'secrets' is missing"]),
    ({"url": "http://a.example", "events": ["score-updated"], "signed": False}, ["wanted https"]),
    ({"url": "https://10.0.0.1/s3cret", "events": ["score-updated"], "signed": False}, ["wanted a public address"]),
    ({"url": "https://[::1]/s3cret", "events": ["score-updated"], "signed": False}, ["wanted a public address"]),
    ({"url": "ftp://a.example", "events": ["score-updated"], "signed": False}, ["wanted a URL"]),
    ({"url": "https://a.example", "events": ["score-updated"], "secrets": ["whsec_s3cret"]}, ["wanted references"]),
    ({"url": "https://a.example", "events": ["score-updated"], "signed": False, "template": "../x.yaml"}, ["template"]),
    ({"url": "https://a.example", "events": ["score-updated"], "signed": False, "template": "a\0"}, ["control char"]),
    ({"url": "file:a\0b", "events": ["score-updated"], "signed": False}, ["url", "control characters"]),
    ({"url": "file:/etc/passwd", "events": ["score-updated"], "signed": False}, ["SECRETS_DIR; got another place"]),
    ({"url": "env:AWS_SECRET", "events": ["score-updated"], "signed": False}, ["begins with HOOK_"]),
    ({"url": "https://a.example", "events": ["score-updated"], "secrets": ["file:a\0b"]}, ["wanted references"]),
    ({"url": "https://a.example", "events": ["score-updated"], "secrets": ["file:../s3cret"]}, ["got another place"]),
    (
        {"url": "https://a.example", "evnts": [], "signed": False, "when": {"too": "hot"}},
        ["did you mean 'events'", "did you mean 'to'"],
    ),
    ([], ["wanted a JSON object; got a list"]),
]


async def test_all_that_is_wrong_is_named_and_no_secret_repeated(http: httpx.Client, path: str) -> None:
    for said, sentences in WRONG:
        refused = http.put(path, json=said)
        assert refused.status_code == 400, said
        assert refused.headers["content-type"] == "application/problem+json"
        for sentence in sentences:
            assert sentence in refused.json()["detail"], (said, refused.text)
        assert "s3cret" not in refused.text
    deep = b'{"url":' * 1_000 + b"1" + b"}" * 1_000
    unclosed, twice = b'{"a":' * 1_000, b'{"url":1,"url":2}'
    for content, code in (
        *((bad, 400) for bad in (b"{", b"", b"[]", deep, unclosed, twice)),
        (b'"' + b"x" * 70_000 + b'"', 413),
    ):
        assert http.put(path, content=content).status_code == code
    assert http.put("/subscriptions/no name", json={}).status_code == 400
    assert http.get(path).status_code == 404


async def test_who_may_only_read_changes_nothing_and_sees_no_address_in_full(
    api_system: ApiSystem, http: httpx.Client, reader_http: httpx.Client, path: str, receiver: Receiver
) -> None:
    for url, shown in (
        ("https://hooks.example.com/s3cret?token=s3cret", "https://hooks.example.com/..."),
        ("env:HOOK_URL", "env:HOOK_URL"),
    ):
        http.put(path, json=to(receiver, url=url))
        assert http.get(path).json()["subscription"]["url"] == url
        listed = {row["name"]: row for row in reader_http.get("/subscriptions").json()["subscriptions"]}
        assert listed[name_in(path)]["subscription"]["url"] == shown
    for method, end in (("PUT", ""), ("DELETE", ""), ("POST", "/ping"), ("POST", "/enable"), ("POST", "/resend")):
        assert reader_http.request(method, path + end, json={}).status_code == 403, end
    assert "s3cret" not in api_system.api.log.read_text()


@each_operation(described)
def test_what_is_asked_of_delivery_is_answered_as_described(operation: Any, api_system: ApiSystem) -> None:
    answers_as_described(operation, [api_system.api.address], bearer(ALL))


async def test_a_subscription_may_go_to_people_by_mail_whose_addresses_are_shown_to_writers_alone(
    http: httpx.Client, reader_http: httpx.Client, path: str
) -> None:
    mail = {"email": {"to": ["jane@example.com"], "digest": {"at": "08:00"}}, "events": ["became-hot-lead"]}
    assert http.put(path, json=mail).status_code == 200

    assert http.get(path).json()["subscription"] == mail
    shown = reader_http.get(path).json()["subscription"]["email"]
    assert shown == {"to": ["...@example.com"], "digest": {"at": "08:00"}}
    for wrong, sentence in (
        ({"to": ["jane"]}, "wanted a mail address"),
        ({"to": ["jane@example.com\r\nBcc: a@b.example"]}, "wanted a mail address"),
        ({}, "'to' is missing"),
    ):
        refused = http.put(path, json=mail | {"email": wrong})
        assert (refused.status_code, sentence in refused.json()["detail"]) == (400, True)
        assert "jane" not in refused.json()["detail"]
