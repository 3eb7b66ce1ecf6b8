"""Signatures that the libraries of receivers, as they are, and ed25519 itself verify."""

from __future__ import annotations

import base64
import importlib
import time
from pathlib import Path
from typing import Any

import pytest
from cloudevents.http import from_http
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from streamprocessor.delivery.subscriptions.payload_templates import read_template
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.signing import signed_headers, signer_of, webhook_id_of
from streamprocessor.errors import OperatorError
from tests.delivery.leads import Lead

OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 64).decode()
STRANGER = "whsec_" + base64.b64encode(b"s" * 24).decode()
BODY = '{"name":"Jäne"}'.encode()


@pytest.fixture(params=["standardwebhooks", "svix.webhooks"])
def library(request: pytest.FixtureRequest) -> Any:
    """What receivers verify with, as it is: it is heavy, so only these tests load it."""
    return importlib.import_module(request.param)


def body_of(lead: Lead) -> bytes:
    return read_template("cloudevents", Path()).fill(lead.announcement(), "crm", Phrases(), {})


def test_while_secrets_rotate_a_receiver_with_the_old_one_or_the_new_one_takes_the_cloud_event(library: Any) -> None:
    body = body_of(Lead("jäne", 3))
    webhook_id = webhook_id_of("inc:jäne:engagement:3", "crm")
    headers = signed_headers(webhook_id, body, [signer_of(NEW, "n"), signer_of(OLD, "o")], now_ms())

    for secret in (OLD, NEW):
        library.Webhook(secret).verify(body, headers)
    event = from_http(headers | {"content-type": "application/cloudevents+json"}, body)
    assert (event["id"], event["subject"]) == ("inc:jäne:engagement:3", "jäne")
    assert (event.data["episode"], event.data["score"]) == (3, 41)


TAMPERED = {
    "another body": lambda headers, body: (headers, body + b" "),
    "another id": lambda headers, body: (headers | {"webhook-id": "w-2"}, body),
    "another time": lambda headers, body: (headers | {"webhook-timestamp": str(now_ms() // 1000 - 1)}, body),
    "no signature": lambda headers, body: (headers | {"webhook-signature": ""}, body),
    "another version": lambda headers, body: (
        headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")},
        body,
    ),
    "letters of it": lambda headers, body: (
        headers | {"webhook-signature": headers["webhook-signature"].swapcase().replace("V1,", "v1,")},
        body,
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_refused_by_receivers(library: Any, what: str) -> None:
    headers = signed_headers("w-1", BODY, [signer_of(NEW, "n"), signer_of(OLD, "o")], now_ms())
    library.Webhook(OLD).verify(BODY, headers)

    headers, body = TAMPERED[what](headers, BODY)
    with pytest.raises(library.WebhookVerificationError):
        library.Webhook(OLD).verify(body, headers)


def test_a_stranger_and_an_old_request_are_refused_by_receivers(library: Any) -> None:
    headers = signed_headers("w-1", BODY, [signer_of(NEW, "n"), signer_of(OLD, "o")], now_ms())
    with pytest.raises(library.WebhookVerificationError):
        library.Webhook(STRANGER).verify(BODY, headers)

    late = signed_headers("w-1", BODY, [signer_of(OLD, "o")], now_ms() - 10 * 60_000)
    with pytest.raises(library.WebhookVerificationError):
        library.Webhook(OLD).verify(BODY, late)


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.mark.parametrize("with_public_key", [False, True])
def test_an_ed25519_signature_verifies_with_the_public_key(with_public_key: bool) -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    key = b"k" * 32 + (private.public_key().public_bytes_raw() if with_public_key else b"")
    secret = "whsk_" + base64.b64encode(key).decode()

    headers = signed_headers("w-1", BODY, [signer_of(secret, "k"), signer_of(OLD, "o")], 1_795_161_600_000)

    version, _, signature = headers["webhook-signature"].split(" ")[0].partition(",")
    assert version == "v1a"
    private.public_key().verify(base64.b64decode(signature), b"w-1.1795161600." + BODY)


@pytest.mark.parametrize("secret", ["hunter2hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_***", "whsk_c2hvcnQ="])
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(OperatorError, match="env:A") as refused:
        signer_of(secret, "secret env:A")
    assert secret.partition("_")[2] == "" or secret not in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("contact_id", ["jane", "Jäne Ü", "a\r\nx: y", "a.b.c", "x" * 1_000, ""])
def test_a_webhook_id_fits_a_header_and_parts_the_signed_text_in_one_way(contact_id: str) -> None:
    webhook_id = webhook_id_of(f"inc:{contact_id}:1", "crm.eu")
    assert webhook_id.isascii()
    assert webhook_id.isprintable()
    assert not set(webhook_id) & set(". ,")
    assert len(webhook_id) < 300
    assert webhook_id != webhook_id_of(f"inc:{contact_id}:2", "crm.eu")
