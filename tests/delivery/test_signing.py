"""Signatures that the library of Standard Webhooks, and ed25519 itself, verify."""

from __future__ import annotations

import base64
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook, WebhookVerificationError

from streamprocessor.delivery.signing import signed_headers, signer_of, webhook_id_of
from streamprocessor.errors import OperatorError

OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 64).decode()
STRANGER = "whsec_" + base64.b64encode(b"s" * 24).decode()
BODY = '{"name":"Jäne"}'.encode()


def test_while_secrets_rotate_the_old_one_and_the_new_one_verify_and_no_other() -> None:
    headers = signed_headers("w-1", BODY, [signer_of(NEW, "n"), signer_of(OLD, "o")], int(time.time() * 1000))

    for secret in (OLD, NEW):
        assert Webhook(secret).verify(BODY, headers) == {"name": "Jäne"}
    with pytest.raises(WebhookVerificationError):
        Webhook(STRANGER).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY + b" ", headers)


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
