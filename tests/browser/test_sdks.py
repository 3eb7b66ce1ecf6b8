"""The SDKs that README names, unmodified in a real browser, against the collector's own application over HTTP."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from playwright.async_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
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
from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.offline.score_file import read_facts, score_offline
from streamprocessor.process.clock import now_ms
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.settings import Settings
from tests.browser.conftest import Visitor
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
<script src="/sdks/posthog-js/dist/array.js"></script>
<script>
  posthog.init(KEY, {api_host: HOST, person_profiles: 'identified_only', ...OPTIONS})
  posthog.identify('u-1', TRAITS)
  posthog.setPersonProperties({plan: 'pro'}, {first_seen: 'today'})
  posthog.group('company', 'g-1', {employees: 80})
  posthog.capture('Form Submitted', FORM)
</script>"""
SEGMENT = """
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
            while not kinds <= {kind_of(value) for value in self.values}:
                await self.more()
        return self.values

    async def more(self) -> None:
        """Return once more came."""
        self._came.clear()
        await self._came.wait()


@dataclass
class Place:
    """A site whose pages hold a script, the collector on another origin, and what came to it."""

    site: str
    collector: str
    came: MemoryWriter
    script: str = ""


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
        ClientIps((), truncate=False),
        INPUT_TOPICS,
        came,
        Metrics(),
        now_ms,
    )
    collector = application(all_formats(settings, CONTACT_IDS), context, list, {})
    place = Place("", "", came)
    words = {"KEY": KEY, "JITSU_KEY": JITSU_KEY, "TRAITS": TRAITS, "FORM": FORM}

    async def page(_: Request) -> HTMLResponse:
        named = (words | {"HOST": place.collector}).items()
        constants = "".join(f"const {word} = {orjson.dumps(value).decode()};" for word, value in named)
        return HTMLResponse(f"<!doctype html><title>Prices</title><script>{constants}</script>{place.script}")

    site = Starlette(routes=[Mount("/sdks", StaticFiles(directory=sdks)), Route("/{path:path}", page)])
    async with (
        serving(collector, listening_socket("collector", "127.0.0.1", 0)) as collector_port,
        serving(site, listening_socket("collector", "127.0.0.1", 0)) as site_port,
    ):
        place.site, place.collector = f"http://localhost:{site_port}", f"http://127.0.0.1:{collector_port}"
        yield place


ALL_SAY = {"page_visit", "identify", "attributes", "form_submission"}
MODEL = """
name: sdks
scores:
  interest:
    rules:
      - {id: visit, on: page_visit, where: {properties.path: /pricing}, points: 1}
      - {id: form, on: form_submission, where: {properties.form: contact}, points: 10}
      - {id: boss, when: {attributes.job_title: CEO}, points: 100}
      - {id: acme, when: {attributes.company.name: Acme}, points: 1000}
      - {id: small, when: {attributes.company.employees: 50}, points: 10000}
      - {id: grown, when: {attributes.company.employees: 80}, points: 20000}
"""


def points_of(values: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """What each contact is worth."""
    path = folder / "model.yaml"
    path.write_text(MODEL)
    facts = read_facts(map(orjson.dumps, values), lambda bad: pytest.fail(str(bad)))
    answers = score_offline(read_model(path), facts, now_ms())
    return {answer["contact_id"]: answer["scores"]["interest"]["score"] for answer in answers}


async def visited(visitor: Visitor, place: Place, script: str) -> Page:
    place.script = script
    page = await (await visitor()).new_page()
    await page.goto(f"{place.site}/pricing?utm_campaign=spring")
    return page


@pytest.mark.parametrize(
    ("script", "points"),
    [
        pytest.param(POSTHOG.replace("OPTIONS", "{}"), 21_111, id="posthog"),
        pytest.param(POSTHOG.replace("OPTIONS", "{disable_compression: true}"), 21_111, id="posthog-plain"),
        pytest.param(SEGMENT, 21_111, id="segment"),
        pytest.param(RUDDERSTACK, 21_111, id="rudderstack"),
        pytest.param(JITSU, 21_111, id="jitsu"),
        pytest.param(SNOWPLOW, 11_111, id="snowplow"),  # it has no group
    ],
)
async def test_page_identify_group_and_track_are_worth_what_the_model_says(
    visitor: Visitor, place: Place, tmp_path: Path, script: str, points: int
) -> None:
    await visited(visitor, place, script)
    await place.came.until(ALL_SAY)

    async with asyncio.timeout(PATIENCE_SECONDS):
        while points_of(place.came.values, tmp_path) != {"u-1": points}:
            await place.came.more()
    events = [value for value in place.came.values if "type" in value]
    assert sorted(value["type"] for value in events) == ["form_submission", "page_visit"]
    assert all("Chrome/140" in value["context"]["user_agent"] for value in events)
    assert all("token" not in value["properties"] for value in events)


async def test_posthogs_clicks_and_its_leaving_of_a_page_are_events_of_their_own(
    visitor: Visitor, place: Place
) -> None:
    page = await visited(visitor, place, POSTHOG.replace("OPTIONS", "{}") + "<button>Call me</button>")
    await place.came.until(ALL_SAY)
    await page.wait_for_function("posthog.autocapture.isEnabled")
    await page.click("button")
    await place.came.until({"autocapture"})
    await page.evaluate("dispatchEvent(new Event('pagehide'))")  # of one that is really left nobody sees what becomes

    values = await place.came.until({"pageleave"})
    (left,) = [value for value in values if kind_of(value) == "pageleave"]
    assert (left["contact_id"], left["properties"]["path"]) == ("u-1", "/pricing")
    assert [kind_of(value) for value in values].count("page_visit") == 1


async def test_what_posthog_unsets_is_gone_and_what_it_sets_once_stays_as_it_was_first(
    visitor: Visitor, place: Place, tmp_path: Path
) -> None:
    page = await visited(visitor, place, POSTHOG.replace("OPTIONS", "{}"))
    await place.came.until(ALL_SAY)
    await page.evaluate("posthog.setPersonProperties({}, {title: 'CTO', first_seen: 'tomorrow'})")
    await page.evaluate("posthog.capture('$set', {$unset: ['title']})")

    async with asyncio.timeout(PATIENCE_SECONDS):
        while points_of(place.came.values, tmp_path) != {"u-1": 21_011}:
            await place.came.more()


async def test_a_page_that_asks_here_for_posthogs_own_script_is_told_where_it_is(
    visitor: Visitor, place: Place
) -> None:
    place.script = """<script>
      const script = document.createElement('script')
      script.src = HOST + '/static/array.js'
      document.head.append(script)
    </script>"""
    page = await (await visitor()).new_page()
    async with page.expect_console_message() as said:
        await page.goto(place.site)
    assert "npm" in (await said.value).text
