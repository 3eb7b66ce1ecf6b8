"""beacon.js in a real browser: what it sends, and what it never does."""

from __future__ import annotations

import asyncio
from html import escape
from typing import Any

import pytest
from playwright.async_api import Page

from streamprocessor.collector.tracking.tracked_mail import TrackedMail
from tests.browser.conftest import Visitor
from tests.browser.serving import Collector, Site
from tests.collector.tracking.requests import CONTACT_IDS, KEYS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

GPC = "'globalPrivacyControl', { get: () => true }"
DNT = "'doNotTrack', { get: () => '1' }"


async def values(collector: Collector, count: int) -> list[dict[str, Any]]:
    return await asyncio.to_thread(collector.values, count)


async def a_page(visitor: Visitor, **more: str) -> Page:
    return await (await visitor(**more)).new_page()


def pages_of(found: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(value["properties"]["url"], value["properties"].get("referrer")) for value in found]


async def test_a_visit_is_sent_and_each_page_of_a_single_page_site_too(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await a_page(visitor)
    await page.goto(f"{site.url}/one?a=1")
    steps = (
        "history.pushState({}, '', '/two')",
        "history.replaceState({ scroll: 9 }, '', '/two')",  # the same page
        "location.hash = 'part'",  # a place in it
        "history.replaceState({}, '', '/three')",
        "location.hash = '#/four'",
        "history.back()",
        "history.go(-1)",
    )
    for step, visits in zip(steps, (2, 2, 2, 3, 4, 5, 6), strict=True):
        await page.evaluate(step)
        await values(collector, visits)

    found = await values(collector, 6)
    one, two, three = f"{site.url}/one?a=1", f"{site.url}/two", f"{site.url}/three"
    assert pages_of(found) == [
        (one, None),
        (two, one),
        (three, two),
        (f"{three}#/four", three),
        (three, f"{three}#/four"),
        (two, three),
    ]
    assert len({value["contact_id"] for value in found}) == 1
    assert len({value["id"] for value in found}) == 6


async def test_a_visitor_is_the_same_on_the_next_page_and_another_is_another(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    person, other = await visitor(), await visitor()
    for context, path in ((person, "/a"), (person, "/b"), (other, "/c")):
        page = await context.new_page()
        await page.goto(site.url + path)

    by_path = {value["properties"]["path"]: value["contact_id"] for value in await values(collector, 3)}
    assert by_path["/a"] == by_path["/b"] != by_path["/c"]
    (cookie,) = await person.cookies()
    assert (cookie["name"], cookie["domain"], cookie["sameSite"]) == ("_sp_id", "localhost", "Lax")
    assert by_path["/a"] == f"anon:{cookie['value']}"


async def test_a_visitor_whose_cookie_was_lost_is_known_from_storage(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    person = await visitor()
    page = await person.new_page()
    await page.goto(site.url)
    await person.clear_cookies()
    await page.goto(f"{site.url}/again")

    first, again = await values(collector, 2)
    assert first["contact_id"] == again["contact_id"]


async def test_where_storage_is_forbidden_visits_are_sent_all_the_same(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await a_page(visitor)
    await page.set_content(f'<iframe sandbox="allow-scripts" src="{site.url}/framed"></iframe>')

    (visit,) = await values(collector, 1)
    assert visit["properties"]["path"] == "/framed"


FORM = """
<form id="contact" onsubmit="event.preventDefault(); fetch('/send', { method: 'POST', body: new FormData(this) })">
  <input name="name" value="Ada"> <input name="id" value="hides the form's own"> <input name="elements" value="too">
  <input name="a1" type="email" value="ada@example.com"> <textarea name="message">Hello
there</textarea>
  <select name="topic"><option>prices</select>
  <input type="checkbox" name="news" value="weekly" checked> <input type="checkbox" name="spam" value="daily">
  <input type="radio" name="size" value="small"> <input type="radio" name="size" value="large" checked>
  <input name="tag" value="x"> <input name="tag" value="y"> <input name="phone" value="+49 171 1234567">
  <input name="secret1" type="password" value="PRIVATE"> <input name="hidden1" type="hidden" value="PRIVATE">
  <input name="number" autocomplete="section-a billing CC-NUMBER" value="PRIVATE"> <input name="cvc" value="PRIVATE">
  <input name="code" autocomplete="one-time-code" value="PRIVATE"> <input name="csrf_token" value="PRIVATE">
  <input name="note" value="4111 1111 1111 1111 PRIVATE">
  <input name="note2" value="card 4111-1111-1111-1111 12 PRIVATE">
  <input name="own" data-private value="PRIVATE"> <div data-private><input name="deep" value="PRIVATE"></div>
  <input name="off" disabled value="PRIVATE"> <input value="PRIVATE without a name">
  <button name="button" value="PRIVATE">send</button>
</form>
<script>
  addEventListener('load', function () {
    var original = window.fetch
    window.sent = []
    window.fetch = function (url, options) {
      if (String(url).endsWith('/b')) sent.push(options.body)
      return original.call(window, url, options)
    }
  })
</script>
"""


async def test_of_a_form_nothing_private_leaves_the_browser(visitor: Visitor, site: Site, collector: Collector) -> None:
    site.body = FORM
    page = await a_page(visitor)
    await page.goto(f"{site.url}/contact")
    await values(collector, 1)
    await page.click("button")

    visit, submission, identify, attributes = await values(collector, 4)
    assert submission["properties"]["form"] == "contact"
    assert submission["properties"]["fields"] == {
        "name": "Ada",
        "id": "hides the form's own",
        "elements": "too",
        "a1": "ada@example.com",
        "message": "Hello\nthere",
        "topic": "prices",
        "news": "weekly",
        "size": "large",
        "tag": "x, y",
        "phone": "+49 171 1234567",
    }
    ada = CONTACT_IDS.address("ada@example.com")
    assert submission["contact_id"] == attributes["contact_id"] == identify["contact_id"] == ada
    assert identify["anonymous_id"] == visit["contact_id"]
    assert attributes["attributes"] == {"full_name": "Ada", "phone": "+49 171 1234567", "email": "ada@example.com"}
    (sent,) = await page.evaluate("sent")
    assert "PRIVATE" not in sent
    assert "4111" not in sent


async def test_a_form_posted_to_the_collector_says_which_visitor_posts_and_counts_once(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    site.body = f"""<form method="post" action="{collector.url}/f/contact">
      <input name="email" value="ada@example.com"> <input type="hidden" name="_redirect" value="{site.url}/thanks">
      <input name="_honeypot" style="display: none"> <button>send</button></form>"""
    page = await a_page(visitor)
    await page.goto(f"{site.url}/contact")
    await values(collector, 1)
    await page.click("button")
    await page.wait_for_url(f"{site.url}/thanks")

    found = await values(collector, 5)
    visit, submission, identify, attributes, thanks = found
    assert [value.get("type") for value in found] == ["page_visit", "form_submission", None, None, "page_visit"]
    assert visit["contact_id"] == thanks["contact_id"] == identify["anonymous_id"]
    assert submission["contact_id"] == attributes["contact_id"] == CONTACT_IDS.address("ada@example.com")


async def test_a_click_from_a_mail_binds_what_the_visitor_did_before(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    mail = TrackedMail(KEYS, collector.url, "c-42", "m-9")
    page = await a_page(visitor)
    await page.goto(f"{site.url}/before")
    await values(collector, 1)
    await page.goto(mail.link(f"{site.url}/offer?a=1#terms"))

    before, click, identify, after = await values(collector, 4)
    assert (click["type"], click["contact_id"]) == ("email_click", "c-42")
    assert (identify["update"], identify["contact_id"]) == ("identify", "c-42")
    assert identify["anonymous_id"] == before["contact_id"] == after["contact_id"]
    assert after["properties"]["url"] == page.url == f"{site.url}/offer?a=1#terms"


async def test_on_a_shared_computer_each_click_claims_the_visitor_for_its_own_contact(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await a_page(visitor)
    for contact in ("c-42", "c-43"):
        await page.goto(TrackedMail(KEYS, collector.url, contact).link(f"{site.url}/offer"))
        await values(collector, 3 if contact == "c-42" else 6)

    found = await values(collector, 6)
    claims = [(v["contact_id"], v["anonymous_id"]) for v in found if v.get("update") == "identify"]
    visitor_id = next(v["contact_id"] for v in found if v.get("type") == "page_visit")
    assert claims == [("c-42", visitor_id), ("c-43", visitor_id)]


@pytest.mark.parametrize("says", [GPC, DNT])
async def test_of_who_objects_nothing_is_stored_nothing_is_sent(
    visitor: Visitor, site: Site, collector: Collector, says: str
) -> None:
    site.body = FORM
    person = await visitor(says=says)
    page = await person.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{site.url}/secret")
    await page.evaluate("history.pushState({}, '', '/secret/two')")
    await page.click("button")
    await page.evaluate("streamprocessor.track('secret')")
    await (await a_page(visitor)).goto(f"{site.url}/public")

    found = await values(collector, 1)  # the other's, who came later
    assert [value["properties"]["path"] for value in found] == ["/public"]
    assert not any(url.endswith("/b") for url in asked)
    assert await person.cookies() == []
    assert await page.evaluate("localStorage.length") == 0


async def test_a_browser_that_a_program_steers_is_a_scanner_and_is_nobodys(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await a_page(visitor, says="'webdriver', { get: () => true }")
    await page.goto(TrackedMail(KEYS, collector.url, "c-42").link(f"{site.url}/offer"))

    click, visit = await values(collector, 2)
    assert (click["type"], visit["type"]) == ("email_click", "page_visit")
    assert visit["context"]["actor"] == "scanner"
    await (await a_page(visitor)).goto(f"{site.url}/public")
    assert "actor" not in (await values(collector, 3))[2]["context"]


async def test_the_token_leaves_the_address_bar_even_of_who_objects(
    visitor: Visitor, site: Site, collector: Collector
) -> None:
    page = await a_page(visitor, says=GPC)
    token = escape("a-token_1")
    await page.goto(f"{site.url}/offer?_sp={token}&a=1")
    await page.wait_for_url(f"{site.url}/offer?a=1")


async def test_a_page_that_is_left_at_once_is_not_lost(visitor: Visitor, site: Site, collector: Collector) -> None:
    page = await a_page(visitor)
    await page.goto(f"{site.url}/first")
    await page.evaluate("history.pushState({}, '', '/second'); location.href = '/third'")
    await page.wait_for_url(f"{site.url}/third")

    assert {url for url, _ in pages_of(await values(collector, 3))} == {
        f"{site.url}/first",
        f"{site.url}/second",
        f"{site.url}/third",
    }
