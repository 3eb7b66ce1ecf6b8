"""The API is as its description says, whatever is asked of it: subscriptions, segments, imports, erasures come of that.

So it has contacts, topics and databases of its own, which no other test sees.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from tests.harness.apis import ALL, ApiProcess, bearer
from tests.harness.described_operations import answers_as_described, each_operation
from tests.harness.postgres import has_postgres
from tests.readmodel.conftest import ScoredSystem
from tests.readmodel.description import ASKS_DELIVERY, DESCRIPTION

pytestmark = pytest.mark.kafka

NOBODY = "http://127.0.0.1:1"
STREAM_PATH = "/api/hot-leads/stream"  # its answer has no end

described = schemathesis.openapi.from_dict(DESCRIPTION).exclude(path=STREAM_PATH).exclude(path_regex=ASKS_DELIVERY)


@pytest.fixture(scope="module")
def apis(
    scored: ScoredSystem, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[list[ApiProcess]]:
    """One api on each kind of database that is installed, without a delivery process: SQLite, and PostgreSQL."""
    urls = [""]
    if has_postgres():
        urls.append(request.getfixturevalue("postgres").url(f"t{os.urandom(4).hex()}"))
    processes = [
        ApiProcess(scored.system.settings, tmp_path_factory.mktemp("api"), database_url=url, delivery_url=NOBODY)
        for url in urls
    ]
    try:
        for process in processes:
            process.start()
        for process in processes:
            asyncio.run(process.ready())
        yield processes
    finally:
        for process in processes:
            process.discard()


@each_operation(described)
def test_the_api_is_as_its_description_says_on_each_kind_of_database(operation: Any, apis: list[ApiProcess]) -> None:
    answers_as_described(operation, [api.address for api in apis], bearer(ALL))
