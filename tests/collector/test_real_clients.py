"""Unmodified clients against a real collector and a real Kafka: what they say is in the topics as they said it."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import posthog
import pytest
import rudderstack.analytics.client  # type: ignore[import-untyped]
import segment.analytics.client  # type: ignore[import-untyped]
from snowplow_tracker import (  # type: ignore[attr-defined]
    Emitter,
    PageView,
    SelfDescribing,
    SelfDescribingJson,
    Subject,
    Tracker,
)

from streamprocessor.contract.rfc3339 import parse_rfc3339
from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.system import System

pytestmark = pytest.mark.kafka

JITSU_KEY = "jitsu-id:jitsu-secret"
URL = "https://example.com/pricing?a=1"
FORM = {"form_id": "contact", "seats": 3}
ATTRIBUTES = {"plan": "pro"}
SCRIPTS = Path(__file__).parent / "js"
NEAR_MS = 60_000  # between what a client stamps and what we asked for, on a busy machine too


class Visit(NamedTuple):
    """Whom a client speaks of, when it happened, and to which collector."""

    collector: CollectorProcess
    user_id: str
    anonymous_id: str
    at: datetime

    @property
    def address(self) -> str:
        """Where the collector is."""
        return self.collector.address


class StoredContact(NamedTuple):
    """All that is in the input topics of a contact."""

    by_topic: dict[str, list[dict[str, Any]]]

    def event(self, topic: str) -> dict[str, Any]:
        """The one event of a topic."""
        (value,) = self.by_topic[topic]
        return value

    def update(self, kind: str) -> list[dict[str, Any]]:
        """The contact updates of one kind."""
        return [value for value in self.by_topic.get("contact-updates", []) if value["update"] == kind]


@pytest.fixture(scope="module")
def collector(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """A collector that knows a key with a colon too, as Jitsu's client wants it."""
    keys = f"tests={KEY},jitsu={JITSU_KEY}"
    process = CollectorProcess(system.settings, tmp_path_factory.mktemp("clients"), write_keys=keys).start()
    try:
        asyncio.run(process.ready())
        yield process
    finally:
        process.discard()


@pytest.fixture
def visit(collector: CollectorProcess, request: pytest.FixtureRequest) -> Visit:
    """A visit of the test's own, an hour ago."""
    name = request.node.name.removeprefix("test_").replace("[", "-").strip("]")
    return Visit(collector, f"user-{name}", f"visitor-{name}", _seconds_only(timedelta(hours=1)))


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and the clients that they use."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no Node here: its clients are not tried")
    folder = tmp_path_factory.mktemp("js")
    shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True)
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    return folder


async def test_what_segment_analytics_python_says_is_in_the_topics(system: System, visit: Visit) -> None:
    client = segment.analytics.client.Client(KEY, host=visit.address, sync_mode=True, gzip=True, max_retries=0)
    client.identify(visit.user_id, ATTRIBUTES, timestamp=visit.at, anonymous_id=visit.anonymous_id, message_id="m-1")
    client.page(visit.user_id, name="Pricing", properties={"url": URL}, timestamp=visit.at, message_id="m-2")
    client.track(visit.user_id, "Form Submitted", FORM, timestamp=visit.at, message_id="m-3")

    stored = await _assert_as_sent(system, visit)

    assert stored.event("page-visits")["id"] == "m-2"
    assert stored.event("page-visits")["properties"]["name"] == "Pricing"
    assert stored.event("form-submissions")["id"] == "m-3"
    assert stored.update("attributes")[0]["id"] == "m-1"


async def test_what_rudder_sdk_python_says_is_in_the_topics(system: System, visit: Visit) -> None:
    client = rudderstack.analytics.client.Client(KEY, host=visit.address, sync_mode=True, max_retries=0)
    client.identify(visit.user_id, ATTRIBUTES, timestamp=visit.at, anonymous_id=visit.anonymous_id, message_id="m-1")
    client.page(visit.user_id, name="Pricing", properties={"url": URL}, timestamp=visit.at, message_id="m-2")
    client.track(visit.user_id, "Form Submitted", FORM, timestamp=visit.at, message_id="m-3")

    stored = await _assert_as_sent(system, visit)

    assert stored.event("form-submissions")["id"] == "m-3"


@pytest.mark.parametrize("method", ["get", "post"])
async def test_what_snowplow_tracker_says_is_in_the_topics(system: System, visit: Visit, method: Any) -> None:
    failed: list[Any] = []
    emitter = Emitter(visit.address, method=method, batch_size=1, on_failure=lambda *said: failed.append(said))
    subject = Subject().set_user_id(visit.user_id).set_domain_user_id(visit.anonymous_id)
    tracker = Tracker("tests", emitter, subject=subject, app_id=KEY, encode_base64=method == "get")
    at_ms = int(visit.at.timestamp() * 1000)

    def described(name: str, data: dict[str, Any]) -> SelfDescribing:
        return SelfDescribing(SelfDescribingJson(f"iglu:com.acme/{name}/jsonschema/1-0-0", data), true_timestamp=at_ms)

    tracker.track(described("identify", ATTRIBUTES))
    page_id = tracker.track(PageView(URL, "Pricing", true_timestamp=at_ms))
    tracker.track(described("submit_form", FORM))
    tracker.flush()

    assert failed == []
    stored = await _assert_as_sent(system, visit)
    assert stored.event("page-visits")["id"] == page_id
    assert stored.event("page-visits")["properties"]["title"] == "Pricing"


@pytest.mark.parametrize("generation", ["v0", "v1"])
async def test_what_posthog_says_is_in_the_topics(system: System, visit: Visit, generation: Any) -> None:
    failed: list[Any] = []
    client = posthog.Posthog(
        KEY, host=visit.address, capture_mode=generation, gzip=generation == "v0", max_retries=0,
        on_error=lambda *said: failed.append(said),
    )  # fmt: skip
    client.set(distinct_id=visit.user_id, properties=ATTRIBUTES, timestamp=visit.at)
    client.capture(
        "$identify",
        distinct_id=visit.user_id,
        properties={"$anon_distinct_id": visit.anonymous_id},
        timestamp=visit.at,
    )
    page_id = client.capture(
        "$pageview", distinct_id=visit.user_id, properties={"$current_url": URL}, timestamp=visit.at
    )
    client.capture("Form Submitted", distinct_id=visit.user_id, properties=FORM, timestamp=visit.at)
    client.shutdown()

    assert failed == []
    stored = await _assert_as_sent(system, visit)
    assert stored.event("page-visits")["id"] == page_id


async def test_what_segment_analytics_node_says_is_in_the_topics(
    system: System, visit: Visit, node_modules: Path
) -> None:
    _node(node_modules, "segment.js", visit.address, KEY, visit.user_id, visit.anonymous_id, visit.at.isoformat())

    stored = await _assert_as_sent(system, visit)

    assert stored.event("page-visits")["properties"]["name"] == "Pricing"


@pytest.mark.parametrize("kind", ["s2s", "device"])
async def test_what_jitsu_js_says_is_in_the_topics(system: System, visit: Visit, node_modules: Path, kind: str) -> None:
    _node(node_modules, "jitsu.js", visit.address, JITSU_KEY, visit.user_id, visit.anonymous_id, kind)

    # It stamps for itself: a visit can't be said to have been earlier.
    stored = await _assert_as_sent(system, visit._replace(at=_seconds_only(timedelta(0))))

    assert stored.event("page-visits")["properties"]["name"] == "Pricing"


async def test_a_wrong_key_is_an_error_that_the_clients_understand(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    client = segment.analytics.client.Client("wrong", host=visit.address, sync_mode=True, max_retries=0)

    with caplog.at_level(logging.CRITICAL), pytest.raises(Exception, match=r"write-key: .*\(401\)"):
        client.track(visit.user_id, "Form Submitted")


async def _assert_as_sent(system: System, visit: Visit) -> StoredContact:
    """What came of identify, page and track, which all clients say alike."""
    await visit.collector.all_in_kafka()
    stored = await _stored(system, visit.user_id)
    page, form = stored.event("page-visits"), stored.event("form-submissions")
    assert {"url": URL, "path": "/pricing"}.items() <= page["properties"].items()
    assert {**FORM, "form": "contact"}.items() <= form["properties"].items()
    (attributes,) = stored.update("attributes")
    assert ATTRIBUTES.items() <= attributes["attributes"].items()
    identified = {value["anonymous_id"] for value in stored.update("identify")}
    assert identified == {f"anon:{visit.anonymous_id}"}
    for value in (page, form, attributes):
        assert abs((parse_rfc3339(value["occurred_at"]) or 0) - visit.at.timestamp() * 1000) < NEAR_MS
        assert value["contact_id"] == visit.user_id
    for value in (page, form):
        assert set(value["context"]) == {"source"}, "a server's library is not the person who did it"
    assert set(stored.by_topic) == {"page-visits", "form-submissions", "contact-updates"}
    return stored


async def _stored(system: System, contact: str) -> StoredContact:
    by_topic: dict[str, list[dict[str, Any]]] = {}
    for topic in system.layout.topics:
        if topic.direction == "in":
            for record in await system.read(topic.name):
                if record.key == contact.encode():
                    by_topic.setdefault(topic.name, []).append(orjson.loads(record.value))
    return StoredContact(by_topic)


def _node(folder: Path, script: str, *arguments: str) -> None:
    done = subprocess.run(["node", script, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "failed with error" not in done.stderr + done.stdout


def _seconds_only(ago: timedelta) -> datetime:
    return datetime.fromtimestamp(int(time.time()), UTC) - ago
