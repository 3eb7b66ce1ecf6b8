"""The SDKs that README names, unmodified in a real browser, against the collector's own application over HTTP."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from streamprocessor.collector.durability.durable_writer import DurableWriter
from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.formats.registry import all_formats
from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.handler import CollectorContext
from streamprocessor.collector.http.keys import keys_of
from streamprocessor.collector.http.limits import LimitPolicy, SenderLimiter, SenderLimits
from streamprocessor.collector.http.routes import application
from streamprocessor.collector.metrics import Metrics
from streamprocessor.process.clock import now_ms
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.settings import Settings
from tests.collector.tracking.requests import CONTACT_IDS
from tests.harness.input_topics import INPUT_TOPICS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERE = Path(__file__).parent
LOCK = HERE / "sdks" / "package-lock.json"
INSTALLED = HERE.parents[1] / "build" / "browser-sdks"

KEY, JITSU_KEY = "browser-key-of-the-tests", "jitsu-of-tests:browser-secret"
PATIENCE_SECONDS = 15.0
TRAITS = {"email": "jane@example.com", "title": "CEO", "company": {"name": "Acme", "employees": 50}}
FORM = {"form_id": "contact", "seats": 3}

POSTHOG = """
<script src="/sdks/posthog-js/dist/array.no-external.js"></script>
<script>
  posthog.init(KEY, {api_host: HOST, person_profiles: 'identified_only', ...OPTIONS})
  posthog.identify('u-1', TRAITS)
  posthog.setPersonProperties({plan: 'pro'}, {first_seen: 'today'})
  posthog.group('company', 'g-1', {employees: 80})
  posthog.capture('Form Submitted', FORM)
</script>"""
SEGMENT = """
<script type="module">
  import '/sdks/@segment/analytics-next/dist/umd/standalone.js'
</script>
<script src="/sdks/@segment/analytics-next/dist/umd/index.js"></script>
<script>
  const {AnalyticsBrowser} = window.AnalyticsNext
  const protocol = location.protocol.slice(0, -1), apiHost = HOST.split('//')[1] + '/v1'
  const analytics = AnalyticsBrowser.load(
    {writeKey: KEY, cdnURL: HOST}, {integrations: {'Segment.io': {apiHost, protocol}}})
  analytics.page('Pricing')
  analytics.identify('u-1', TRAITS)
  analytics.group('g-1', {employees: 80})
  analytics.track('Form Submitted', FORM)
</script>"""
RUDDERSTACK = """
<script src="/sdks/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js"></script>
<script>
  const analytics = new rudderanalytics.RudderAnalytics()
  analytics.load(KEY, HOST, {configUrl: HOST})
  analytics.page('Pricing')
  analytics.identify('u-1', TRAITS)
  analytics.group('g-1', {employees: 80})
  analytics.track('Form Submitted', FORM)
</script>"""
JITSU = """
<script type="module">
  import { jitsuAnalytics } from '/sdks/@jitsu/js/dist/jitsu.es.js'
  const jitsu = jitsuAnalytics({host: HOST, writeKey: JITSU_KEY})
  await jitsu.page({name: 'Pricing'})
  await jitsu.identify('u-1', TRAITS)
  await jitsu.group('g-1', {employees: 80})
  await jitsu.track('Form Submitted', FORM)
</script>"""
SNOWPLOW = """
<script src="/sdks/@snowplow/browser-tracker/dist/index.umd.min.js"></script>
<script>
  const sp = snowplowBrowserTracking
  sp.newTracker('sp', HOST, {appId: KEY})
  sp.trackPageView()
  sp.setUserId('u-1')
  sp.trackSelfDescribingEvent({event: {schema: 'iglu:com.example/identify/jsonschema/1-0-0', data: TRAITS}})
  sp.trackSelfDescribingEvent({event: {schema: 'iglu:com.example/form_submitted/jsonschema/1-0-0', data: FORM}})
</script>"""


class MemoryWriter(DurableWriter):
    """Keeps in memory what is written, and tells who waits for it."""

    def __init__(self) -> None:
        self.values: list[dict[str, Any]] = []
        self._came = asyncio.Event()

    async def write(self, records: list[ProducerRecord]) -> None:
        self.values += [orjson.loads(record.value) for record in records]
        self._came.set()

    async def until(self, kinds: set[str]) -> list[dict[str, Any]]:
        """All values once those of all kinds are there."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while missing := kinds - {kind_of(value) for value in self.values}:
                self._came.clear()
                try:
                    await self._came.wait()
                except asyncio.CancelledError:
                    pytest.fail(f"{missing} did not come, but {self.values}")
        return self.values


class Place(NamedTuple):
    """A site that has the SDKs, the collector on another origin, and what came to it."""

    site: str
    collector: str
    came: MemoryWriter


def kind_of(value: dict[str, Any]) -> str:
    return str(value.get("type", value.get("update")))


@pytest.fixture(scope="module")
def sdks() -> Path:
    """The folder with the installed SDKs, from the registry where they are not there yet; skipped without one."""
    lock = LOCK.read_bytes()
    marker = INSTALLED / "installed-lock.json"
    if not marker.exists() or marker.read_bytes() != lock:
        if shutil.which("npm") is None:
            pytest.skip("no npm here: browsers' SDKs are not tried")
        INSTALLED.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(LOCK.with_name(name), INSTALLED)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode:
            pytest.skip(f"browsers' SDKs could not be installed: {done.stderr.strip()[:200]}")
        marker.write_bytes(lock)
    return INSTALLED / "node_modules"


@pytest_asyncio.fixture(loop_scope="module")
async def place(sdks: Path, tmp_path: Path) -> AsyncIterator[Place]:
    came = MemoryWriter()
    settings = Settings(browser_keys=f"site={KEY},jitsu={JITSU_KEY}", data_dir=str(tmp_path))
    context = CollectorContext(
        keys_of(settings),
        SenderLimiter(LimitPolicy(SenderLimits(100, 120, 20)), asyncio.get_running_loop().time),
        ClientIps(()),
        INPUT_TOPICS,
        came,
        Metrics(),
        now_ms,
    )
    collector = application(all_formats(settings, CONTACT_IDS), context, list, {})
    pages: dict[str, str] = {}

    async def page(request: Any) -> HTMLResponse:
        return HTMLResponse(pages["/"])

    site = Starlette(routes=[Mount("/sdks", StaticFiles(directory=sdks)), Route("/{path:path}", page)])
    async with (
        serving(collector, listening_socket("collector", "127.0.0.1", 0)) as collector_port,
        serving(site, listening_socket("site", "127.0.0.1", 0)) as site_port,
    ):
        place = Place(f"http://localhost:{site_port}", f"http://127.0.0.1:{collector_port}", came)
        words = {"HOST": place.collector, "KEY": KEY, "JITSU_KEY": JITSU_KEY, "TRAITS": TRAITS, "FORM": FORM}
        constants = "".join(f"const {word} = {orjson.dumps(value).decode()};" for word, value in words.items())
        pages["/"] = f"<!doctype html><title>Pricing</title><script>{constants}</script>"
        site.state.pages = pages
        Place.pages = pages  # type: ignore[attr-defined]
        yield place
