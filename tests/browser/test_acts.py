"""One act is one event: forms, pages, files, links and videos in a real browser with beacon.js."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, cast
from weakref import WeakKeyDictionary

import orjson
import pytest
from playwright.async_api import Page, Request

from tests.browser.conftest import Visitor
from tests.browser.serving import BROWSER_KEY, Collector, Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

FIELDS = '<input name="name" value="Ada"><input name="email" type="email" value="ada@example.com"><button>go</button>'
DONE = "done"
"""The type that a test's last event has: what is sent was sent before it."""

ASKED: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()
"""The ids of the events that a page sent, in their order."""


async def opened(visitor: Visitor, site: Site, body: str, path: str = "/page", script: str = "") -> Page:
    """A visitor's page with that body; script: the attributes of the beacon's tag."""
    site.body = body
    if script:
        site.script = script
    page = await watched(visitor)
    await page.goto(site.url + path)
    return page


async def watched(visitor: Visitor, **more: str) -> Page:
    """An empty page of a visitor of whom it is kept what the beacon sends."""
    page = await (await visitor(**more)).new_page()
    sent = ASKED[page] = []
    page.on("request", lambda request: sent.append(_event_id(request)) if request.url.endswith("/b") else None)
    return page


def _event_id(request: Request) -> str:
    return str(_event_of(request)["id"])


def _event_of(request: Request) -> dict[str, Any]:
    (event,) = orjson.loads(request.post_data or "")["events"]
    return cast("dict[str, Any]", event)


async def events(page: Page, collector: Collector) -> list[dict[str, Any]]:
    """All events that pages of this visitor told of, in the order in which they were sent."""
    asked: list[str] = ASKED[page]
    async with page.expect_request(lambda request: DONE in (request.post_data or "")):
        await page.evaluate(f"streamprocessor.track('{DONE}')")
    found = await asyncio.to_thread(collector.all_values, len(asked))
    in_order = sorted(found, key=lambda value: asked.index(value["id"]) if value["id"] in asked else -1)
    return [value for value in in_order if value.get("type") not in (None, DONE)]


def counted(found: list[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(value["type"] for value in found))


async def test_a_double_click_on_a_form_that_is_slow_is_one_submission(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await opened(visitor, site, f'<form id="contact" method="post" action="/slow">{FIELDS}</form>')
    await page.dblclick("button", no_wait_after=True)
    site.answering.set()
    await page.wait_for_url("**/slow")
    assert counted(await events(page, collector)) == {"page_visit": 2, "form_submission": 1}


AJAX = {
    "fetch of a form": "fetch('/send', {method: 'POST', body: new FormData(form)})",
    "fetch of JSON": "fetch('/send', {method: 'POST', body: JSON.stringify(Object.fromEntries(new FormData(form)))})",
    "fetch of a request": "fetch(new Request('/send', {method: 'POST', body: new FormData(form)}))",
    "fetch of an address": "fetch('/send?' + new URLSearchParams(new FormData(form)))",
    "XHR": "x = new XMLHttpRequest; x.open('POST', '/send'); x.send(new URLSearchParams(new FormData(form)))",
    "after a captcha": "setTimeout(() => fetch('/send', {method: 'POST', body: new FormData(form)}), 300)",
}


@pytest.mark.parametrize("request_of_script", AJAX.values(), ids=AJAX)
async def test_a_form_that_a_script_sends_is_one_submission_also_by_a_double_click(
    visitor: Visitor, site: Site, collector: Collector, request_of_script: str
) -> None:
    handler = f"event.preventDefault(); const form = this; {request_of_script}"
    page = await opened(visitor, site, f'<form id="contact" onsubmit="{handler}">{FIELDS}</form>')
    async with page.expect_response("**/send*") as answered:
        await page.dblclick("button")
    await (await answered.value).finished()
    found = await events(page, collector)
    assert counted(found) == {"page_visit": 1, "form_submission": 1}
    assert found[1]["properties"]["fields"] == {"name": "Ada", "email": "ada@example.com"}


NEVER_SENT = {
    "validation": "",
    "validation on the document": "",
    "others hear of it": "fetch('/send?error=1'); fetch('/send', {method: 'POST', body: 'form_error'})",
    "a server refuses": "fetch('/refused', {method: 'POST', body: new FormData(this)})",
}


@pytest.mark.parametrize("what", NEVER_SENT)
async def test_tries_that_were_never_sent_or_were_refused_are_no_submissions(
    visitor: Visitor, site: Site, collector: Collector, what: str
) -> None:
    handler = f"event.preventDefault(); {NEVER_SENT[what]}"
    if what == "validation on the document":
        site.body = "<script>document.addEventListener('submit', e => e.preventDefault())</script>"
        handler = ""
    page = await opened(visitor, site, f'{site.body}<form id="contact" onsubmit="{handler}">{FIELDS}</form>')
    for value in ("Ada", "Ada L", "Ada Lovelace"):
        await page.fill("[name=name]", value)
        await page.click("button")
        await page.evaluate("new Promise(done => setTimeout(done, 20))")
    await page.wait_for_load_state("networkidle")
    assert counted(await events(page, collector)) == {"page_visit": 1}


async def test_a_try_that_was_refused_and_then_taken_is_the_one_that_was_taken(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    handler = "event.preventDefault(); fetch('/' + this.name.value, {method: 'POST', body: new FormData(this)})"
    page = await opened(visitor, site, f'<form data-form="contact" onsubmit="{handler}">{FIELDS}</form>')
    for value in ("refused", "sent"):
        await page.fill("[name=name]", value)
        async with page.expect_response(f"**/{value}") as answered:
            await page.click("button")
        await (await answered.value).finished()
    found = await events(page, collector)
    assert [value["properties"].get("fields", {}).get("name") for value in found] == [None, "sent"]


@pytest.mark.parametrize("handler", ["", "event.preventDefault(); this.submit()", "event.stopImmediatePropagation()"])
async def test_a_form_that_leaves_the_page_is_one_submission(
    visitor: Visitor, site: Site, collector: Collector, handler: str
) -> None:
    body = f'<form name="contact" method="post" action="/thanks" onsubmit="{handler}">{FIELDS}</form>'
    page = await opened(visitor, site, body)
    await page.click("button")
    await page.wait_for_url("**/thanks")
    assert counted(await events(page, collector)) == {"page_visit": 2, "form_submission": 1}


async def test_requests_of_the_site_go_on_as_they_would_without_the_script(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await opened(visitor, site, f'<form id="contact" onsubmit="event.preventDefault()">{FIELDS}</form>')
    results = await page.evaluate("""async () => {
      const early = new XMLHttpRequest()
      early.open('POST', '/refused')
      document.querySelector('button').click()
      const ended = new Promise(done => early.addEventListener('loadend', () => done(early.status)))
      early.send(new Uint8Array(9))
      const failed = await fetch('http://127.0.0.1:1/', { method: 'POST', body: 'x' }).catch(error => error.name)
      const nothing = await fetch().catch(error => error.name)
      const url = await fetch(new URL('/sent', location), { method: 'POST', body: new Blob(['x']) })
      return [await ended, failed, nothing, url.status, await (await fetch('/page', null)).text()]
    }""")

    assert results[:4] == [422, "TypeError", "TypeError", 200]
    assert "<title>A site</title>" in results[4]


async def test_a_form_that_a_script_answers_by_a_page_of_its_own_is_one_submission(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    handler = "event.preventDefault(); history.pushState({}, '', '/found')"
    page = await opened(visitor, site, f'<form id="search" onsubmit="{handler}">{FIELDS}</form>')
    await page.click("button")
    assert [value["type"] for value in await events(page, collector)] == ["page_visit", "form_submission", "page_visit"]


async def test_a_text_is_cut_between_characters_and_half_a_character_is_replaced(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    body = f'<form id="contact" action="/thanks"><textarea name="message"></textarea>{FIELDS}</form>'
    page = await opened(visitor, site, body)
    await page.evaluate("document.querySelector('textarea').value = 'x'.repeat(999) + '\\u{1f600}'")
    await page.evaluate("streamprocessor.track('cut', {title: 'cut \\ud83d', path: 'C:\\\\ud83d'})")
    await page.click("button")
    await page.wait_for_url("**/thanks*")
    cut, submission = (await events(page, collector))[1:3]
    assert cut["properties"]["title"] == "cut \ufffd"
    assert submission["properties"]["fields"]["message"] == "x" * 999


async def test_the_address_is_the_senders_and_fields_that_nobody_sees_are_named(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    body = """<form id="contact" action="/thanks">
      <input name="to" type="email" value="sales@firm.example" style="display: none">
      <input name="trap" hidden value="x">
      <input name="friend" type="email" value="bob@example.com"><input name="mine" autocomplete="home email">
      <div id="step1"><input name="who"></div><button>go</button></form>"""
    page = await opened(visitor, site, body)
    await page.fill("[name=mine]", "ada@example.com")
    await page.fill("[name=who]", "Ada")
    async with page.expect_request(lambda request: "form_submission" in (request.post_data or "")) as asked:
        await page.evaluate("document.querySelector('#step1').style.display = 'none'")
        await page.click("button")
    event = _event_of(await asked.value)
    assert (event["address"], event["hidden"]) == ("mine", ["to", "trap"])
    assert event["fields"]["who"] == "Ada"


async def test_a_page_that_rewrites_its_query_is_the_same_page(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await opened(visitor, site, "", "/prices")
    for seats in range(1, 7):
        await page.evaluate(f"history.replaceState({{}}, '', '/prices?seats={seats}')")
    await page.evaluate("history.replaceState({}, '', '#/list')")
    await page.evaluate("history.replaceState({}, '', '#/list?page=2')")
    await page.reload()
    found = await events(page, collector)
    assert [value["properties"]["url"].removeprefix(site.url) for value in found] == [
        "/prices",
        "/prices?seats=6#/list",
        "/prices?seats=6#/list?page=2",
    ]


LINKS = r"""
<a id="file" href="/files/white%20paper.PDF?v=2" download>a file</a>
<a id="file-elsewhere" target="_blank" href="https://files.example/prices.xlsx">a file elsewhere</a>
<a id="elsewhere" target="_blank" href="https://elsewhere.example/x?a=1"><b>elsewhere</b></a>
<a id="own" href="/own">own</a> <a id="part" href="#part">a part</a> <a id="mail" href="mailto:ada@example.com">mail</a>
<a id="prevented" href="/files/other.pdf">prevented</a> <a id="script" href="javascript:void 0">script</a>
<a id="archive" href="/backup.iso">an ending that was not named</a>
<script>addEventListener('click', event => /^file|^else|^$/.test(event.target.id) || event.preventDefault())</script>
"""


async def test_files_and_links_to_other_sites_are_told_of_once_and_all_others_are_not(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await opened(visitor, site, LINKS)
    await page.context.route("https://*.example/**", lambda route: route.fulfill(body="elsewhere"))
    for id_of_link in ("file", "file-elsewhere", "own", "part", "mail", "prevented", "script", "archive"):
        await page.click(f"#{id_of_link}")
    await page.dblclick("#elsewhere")
    await page.click("#elsewhere", button="right")

    visit, *found = await events(page, collector)
    assert visit["type"] == "page_visit"
    assert [(value["type"], value["properties"]) for value in found] == [
        (
            "download",
            {
                "url": f"{site.url}/files/white%20paper.PDF?v=2",
                "path": "/files/white%20paper.PDF",
                "file": "white paper.PDF",
                "referrer": f"{site.url}/page",
            },
        ),
        (
            "download",
            {
                "url": "https://files.example/prices.xlsx",
                "path": "/prices.xlsx",
                "file": "prices.xlsx",
                "referrer": f"{site.url}/page",
            },
        ),
        (
            "outbound_click",
            {"url": "https://elsewhere.example/x?a=1", "path": "/x", "referrer": f"{site.url}/page"},
        ),
    ]


@pytest.mark.parametrize(
    ("switches", "wanted"),
    [
        ('data-downloads="off"', {"outbound_click": 2}),
        ('data-outbound="off"', {"download": 2}),
        ('data-downloads="iso, xlsx"', {"download": 1, "outbound_click": 1}),
        ('data-site="example"', {"download": 2}),
    ],
)
async def test_what_is_told_of_is_switched_by_the_scripts_tag(
    visitor: Visitor, site: Site, collector: Collector, switches: str, wanted: dict[str, int]
) -> None:
    page = await opened(visitor, site, LINKS, script=f'data-key="{BROWSER_KEY}" {switches}')
    await page.context.route("https://*.example/**", lambda route: route.fulfill(body="elsewhere"))
    for id_of_link in ("file", "file-elsewhere", "elsewhere"):
        await page.click(f"#{id_of_link}")
    assert counted(await events(page, collector)) == {"page_visit": 1} | wanted


async def test_a_video_is_told_of_as_it_starts_at_its_half_and_at_its_end_once(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    body = '<video id="tour" src="/tone.wav"></video><video class="mood" src="/tone.wav?2" autoplay muted loop></video>'
    page = await opened(visitor, site, body)
    play = """async (name) => {
      const video = document.querySelector(name)
      video.loop = false
      const ended = new Promise(done => video.addEventListener('ended', done))
      await video.play()
      await ended
    }"""
    await page.evaluate("document.querySelector('#tour').currentTime = 0.3")
    await page.evaluate(play, "#tour")  # its end, of which nobody saw the half
    await page.evaluate(play, "#tour")
    await page.evaluate(play, "#tour")
    await page.evaluate(play, ".mood")
    _, *found = await events(page, collector)
    assert [(value["type"], value["properties"]["video"], value["properties"]["path"]) for value in found] == [
        ("video_start", "tour", "/page"),
        ("video_half", "tour", "/page"),
        ("video_watched", "tour", "/page"),
    ]


async def test_a_page_tells_of_anything_under_a_type_of_its_own(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await opened(visitor, site, "", "/page?utm_campaign=q4")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.evaluate("streamprocessor.track('demo_watched', {product: 'crm', seconds: 90})")
    await page.evaluate("streamprocessor.track('form_submission', {form: 'contact'})")
    await page.evaluate("streamprocessor.track('Demo Watched')")
    _, watched, form = await events(page, collector)
    page_of_it = {"url": f"{site.url}/page?utm_campaign=q4", "path": "/page", "campaign": "q4"}
    assert (watched["type"], watched["properties"]) == (
        "demo_watched",
        page_of_it | {"product": "crm", "seconds": 90},
    )
    assert form["properties"] == page_of_it | {"form": "contact", "fields": {}}
    assert said == ["beacon.js: no event type: Demo Watched"]


async def test_the_seconds_for_which_a_page_was_seen_are_told_as_it_is_left_where_the_tag_asks_for_them(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    site.script = f'data-key="{BROWSER_KEY}" data-time="on"'
    page = await watched(visitor)
    await page.clock.install()
    await page.goto(f"{site.url}/read")
    await page.clock.fast_forward(90_000)
    await page.evaluate("history.pushState({}, '', '/skimmed')")
    await page.clock.fast_forward(2_000)
    await page.goto(f"{site.url}/last")
    await page.clock.fast_forward(7_000)
    await page.evaluate("dispatchEvent(new Event('pagehide'))")
    found = [value["properties"] for value in await events(page, collector) if value["type"] == "time_on_page"]
    assert [(properties["path"], round(properties["seconds"], -1)) for properties in found] == [
        ("/read", 90),
        ("/last", 10),
    ]


SAID = {
    "a key that nobody knows": (
        'data-key="mistyped"',
        "",
        "beacon.js: data-key mistyped: wanted another",
    ),
    "no key": ("", "", "beacon.js: no data-key: nothing is sent"),
    "a program": (
        f'data-key="{BROWSER_KEY}"',
        "'webdriver', { get: () => true }",
        "beacon.js: navigator.webdriver is set: a program gets no points",
    ),
    "a module": (f'type="module" data-key="{BROWSER_KEY}"', "", None),
}


@pytest.mark.parametrize("what", SAID)
async def test_what_keeps_events_from_counting_is_said_on_the_console_once(
    visitor: Visitor, site: Site, collector: Collector, what: str
) -> None:
    site.script, browser_says, line = SAID[what]
    page = await watched(visitor, says=browser_says)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "warning" else None)
    if what == "a key that nobody knows":
        async with page.expect_console_message(lambda message: "data-key" in message.text):
            await page.goto(site.url)
        await page.evaluate("streamprocessor.track('again')")
        await page.wait_for_load_state("networkidle")
    else:
        await page.goto(site.url)
        await page.evaluate("streamprocessor.track('again')")
    assert said == ([line] if line else [])
    if what == "a module":
        assert counted(await events(page, collector)) == {"page_visit": 1, "again": 1}
