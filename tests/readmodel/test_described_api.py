"""The API is as its description says, whatever is asked of it: subscriptions, segments, imports, erasures come of that.

So it has contacts, topics and databases of its own, which no other test sees.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from tests.harness.apis import ALL, ApiProcess, bearer
from tests.harness.described_operations import answers_as_described, each_operation
from tests.readmodel.conftest import ScoredSystem, empty_database
from tests.readmodel.description import ASKS_DELIVERY, DESCRIPTION

pytestmark = pytest.mark.kafka

NOBODY = "http://127.0.0.1:1"
STREAM_PATH = "/api/hot-leads/stream"  # its answer has no end

described = schemathesis.openapi.from_dict(DESCRIPTION).exclude(path=STREAM_PATH).exclude(path_regex=ASKS_DELIVERY)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def api(
    request: pytest.FixtureRequest, scored: ScoredSystem, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    """One api on each kind of database, without a delivery process."""
    folder, url = tmp_path_factory.mktemp("api"), empty_database(request)
    process = ApiProcess(scored.system.settings, folder, database_url=url, delivery_url=NOBODY).start()
    try:
        asyncio.run(process.ready())
        yield process
    finally:
        process.discard()


@each_operation(described)
def test_the_api_is_as_its_description_says(operation: Any, api: ApiProcess) -> None:
    answers_as_described(operation, api.address, bearer(ALL))
