"""Providers post to a real collector on a real Kafka."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from streamprocessor.settings import MAIL_PROVIDERS
from tests.collector.conftest import MakeCollector
from tests.collector.providers.senders import (
    PUBLIC_URL,
    SENDERS,
    TOPIC,
    cases_of,
    mailgun_post,
    public_key_of,
    resend_post,
    sendgrid_key,
    sendgrid_post,
)
from tests.harness.collectors import CollectorProcess
from tests.harness.system import System

pytestmark = pytest.mark.kafka

SECRETS = {sender.provider: sender.secret for sender in SENDERS} | {"ses": "unverified"}
OF_NOW = {"sendgrid": sendgrid_post, "mailgun": mailgun_post, "resend": resend_post}


@pytest.fixture
async def hooks(new_collector: MakeCollector) -> CollectorProcess:
    secrets = {f"hook_{provider}_secret": secret for provider, secret in SECRETS.items()}
    return await new_collector("hooks", public_url=PUBLIC_URL, **secrets).ready()


async def test_an_open_of_each_provider_is_in_the_topic_under_one_id_however_often_it_is_delivered(
    hooks: CollectorProcess, system: System
) -> None:
    payloads = {provider: _open_of(provider, f"c-{provider}") for provider in MAIL_PROVIDERS}
    async with httpx.AsyncClient(base_url=hooks.address) as http:
        for _ in range(2):
            for provider, payload in payloads.items():
                answer = await _post(http, provider, payload, SECRETS[provider])
                assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "rejected": []}), provider

    await hooks.all_in_kafka()
    contacts = {f"c-{provider}" for provider in MAIL_PROVIDERS}
    opens = [value for value in await system.values("email-opens") if value["contact_id"] in contacts]
    assert len(opens) == 2 * len(MAIL_PROVIDERS)
    assert {value["contact_id"] for value in opens} == contacts
    assert len({value["id"] for value in opens}) == len(MAIL_PROVIDERS)


async def test_a_probe_is_answered_and_a_stranger_is_asked_who_he_is(hooks: CollectorProcess) -> None:
    async with httpx.AsyncClient(base_url=hooks.address) as http:
        for provider in MAIL_PROVIDERS:
            assert (await http.head(f"/hooks/{provider}")).status_code == 200
        wrong = await _post(http, "sendgrid", [], public_key_of(sendgrid_key("somebody's")))
        nobody = await http.post("/hooks/postmark", json={})
        assert (wrong.status_code, nobody.status_code) == (401, 401)
        assert nobody.headers["www-authenticate"].startswith("Basic ")
        assert (await http.post("/hooks/unknown", json={})).status_code == 404


async def test_a_batch_as_large_as_its_provider_makes_them_is_taken(hooks: CollectorProcess) -> None:
    (event,) = _open_of("sparkpost", "c-of-a-batch")
    batch = [event] * 4000
    async with httpx.AsyncClient(base_url=hooks.address, timeout=30) as http:
        answer = await _post(http, "sparkpost", batch, SECRETS["sparkpost"])
    assert (answer.status_code, answer.json()) == (200, {"accepted": 4000, "rejected": []})


async def test_without_secrets_every_path_is_closed(collector: CollectorProcess) -> None:
    async with httpx.AsyncClient(base_url=collector.address) as http:
        answers = {provider: await http.post(f"/hooks/{provider}", json={"type": "x"}) for provider in MAIL_PROVIDERS}
    assert {provider: answer.status_code for provider, answer in answers.items()} == dict.fromkeys(MAIL_PROVIDERS, 403)


def _open_of(provider: str, contact: str) -> Any:
    """The provider's documented open, of a contact of this test."""
    sender = next(sender for sender in SENDERS if sender.provider == provider)
    case = next(case for case in cases_of(sender) if [event["type"] for event in case["becomes"]] == ["email_open"])
    return _renamed(case["payload"], contact)


def _renamed(value: Any, contact: str) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(inner, contact) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, contact) for inner in value]
    return value.replace("c-42", contact) if isinstance(value, str) else value


async def _post(http: httpx.AsyncClient, provider: str, payload: Any, secret: str) -> httpx.Response:
    signed_now = OF_NOW.get(provider)
    sender = next(
        sender for sender in SENDERS if sender.provider == provider and sender.secret in (SECRETS[provider], TOPIC)
    )
    request = signed_now(payload, secret, int(time.time())) if signed_now else sender.post(payload, secret)
    return await http.post(request.path, content=request.raw_body, headers=dict(request.headers))
