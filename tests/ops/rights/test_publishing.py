"""The api publishes models where Kafka lets it write them, and shows contacts where it does not."""

from __future__ import annotations

import httpx
import pytest

from streamprocessor.contract.topics.rights import TOPIC, WRITE, Right
from streamprocessor.contract.topics.roles import API
from tests.harness.apis import ALL, ApiProcess, bearer
from tests.harness.guarded_system import GuardedSystem

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

TEXT = "scores: {s: {rules: [{id: open, on: email_open, points: 1}]}}\n"


async def test_an_api_that_may_not_write_models_says_so_when_one_is_published_and_does_all_else(
    guarded: GuardedSystem,
) -> None:
    await guarded.create()
    body = {"text": TEXT, "based_on": "1"}
    with guarded.without(API, Right(TOPIC, f"{guarded.prefix}app-models", WRITE)):
        api = guarded.process(API).start()
        assert isinstance(api, ApiProcess)
        await api.ready(60)
        async with httpx.AsyncClient(base_url=api.address, headers=bearer(ALL), timeout=20) as client:
            refused = await client.post("/api/model/publish", json=body)
    assert (refused.status_code, refused.json()["code"]) == (503, "kafka-forbids"), refused.text
    assert "`streamprocessor topics acl --process api` prints it" in refused.json()["detail"]
    assert api.get("/api/contacts")["contacts"] == []

    async with httpx.AsyncClient(base_url=api.address, headers=bearer(ALL), timeout=20) as client:
        published = await client.post("/api/model/publish", json=body)
    assert (published.status_code, published.json()["label"]) == (200, "2"), published.text
