"""A browser, the real collector, real Kafka, a real worker: a click from a mail joins who was anonymous before."""

from typing import Any

import httpx
import pytest

from streamprocessor.collector.tracking.tokens import token_keys
from streamprocessor.collector.tracking.tracked_mail import TrackedMail, tracked_message
from tests.browser.conftest import SECRET, Visitor
from tests.browser.serving import BROWSER_KEY, Site
from tests.harness.collectors import CollectorProcess
from tests.harness.system import System, until
from tests.harness.workers import WorkerProcess

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

SEND = "event.preventDefault(); fetch('/send', {method: 'POST', body: new FormData(this)})"
FORM = f"""<form id="contact" onsubmit="{SEND}"><textarea name="message">Call me</textarea>
<button>send</button></form>"""


def mail_to(contact: str, collector: CollectorProcess, message: str) -> TrackedMail:
    return TrackedMail(token_keys({"k1": SECRET}), collector.address, contact, message)


async def values_of(system: System, topic: str, count: int) -> list[dict[str, Any]]:
    return await until(lambda: system.values(topic), lambda found: len(found) >= count, 20, f"{count} in {topic}")


async def look_around_and_click(visitor: Visitor, site: Site, system: System, mail: TrackedMail) -> None:
    """Two visits and a form of somebody unknown, then that person opens a mail and clicks in it."""
    site.body = FORM
    page = await (await visitor()).new_page()
    await page.goto(f"{site.url}/pricing")
    await page.evaluate("history.pushState({}, '', '/about')")
    await page.click("button")
    await values_of(system, "form-submissions", 1)
    await page.set_content(tracked_message(f'<a href="{site.url}/">Our offer</a>', mail))
    await values_of(system, "email-opens", 1)
    await page.click("text=Our offer")
    await page.wait_for_url(f"{site.url}/")
    await values_of(system, "page-visits", 3)


async def test_a_click_from_a_mail_is_in_the_topics_with_who_the_visitor_is(
    visitor: Visitor, site: Site, system: System, real_collector: CollectorProcess
) -> None:
    await look_around_and_click(visitor, site, system, mail_to("c-42", real_collector, "m-9"))

    (identify,) = await values_of(system, "contact-updates", 1)
    visits = await system.values("page-visits")
    (submission,) = await system.values("form-submissions")
    (opened,) = await system.values("email-opens")
    (click,) = await system.values("email-clicks")
    assert (identify["update"], identify["contact_id"]) == ("identify", "c-42")
    assert {value["contact_id"] for value in [*visits, submission]} == {identify["anonymous_id"]}
    assert sorted(value["properties"]["path"] for value in visits) == ["/", "/about", "/pricing"]
    assert not any("_sp=" in value["properties"]["url"] for value in visits)
    assert (submission["properties"]["form"], submission["properties"]["fields"]) == ("contact", {"message": "Call me"})
    assert (opened["contact_id"], click["contact_id"]) == ("c-42", "c-42")
    assert click["properties"] == {"message": "m-9", "url": f"{site.url}/", "path": "/"}


async def test_a_click_from_a_mail_moves_the_score_by_what_was_done_before(
    visitor: Visitor, site: Site, system: System, real_collector: CollectorProcess, real_worker: WorkerProcess
) -> None:
    await real_worker.start().ready()
    await look_around_and_click(visitor, site, system, mail_to("c-42", real_collector, "m-9"))

    def presented(values: list[dict[str, Any]]) -> object:
        return next(
            (value["scores"]["engagement"]["score"] for value in reversed(values) if value["contact_id"] == "c-42"),
            None,
        )

    # Alone c-42 has an open 1 and a click 5; as a visitor: prices 10, the contact form 25, the homepage 2.
    await until(lambda: system.values("score-updated"), lambda values: presented(values) == 43, 30, "a score of 43")
    (lead,) = await values_of(system, "became-hot-lead", 1)
    assert lead["contact_id"] == "c-42"


async def test_the_real_collector_answers_each_path_of_own_tracking(
    site: Site, system: System, real_collector: CollectorProcess
) -> None:
    mail = mail_to("c-42", real_collector, "m-9")
    key = {"_key": BROWSER_KEY, "email": "ada@example.com"}
    async with httpx.AsyncClient(base_url=real_collector.address) as client:
        picture = await client.get("/o/nothing.gif")
        head = await client.head(mail.pixel_url())
        click = await client.get(mail.link(f"{site.url}/offer"))
        no_link = await client.get("/c/nothing")
        script = await client.get("/beacon.js", headers={"accept-encoding": "identity"})
        form = await client.post("/f/contact", data=key | {"_redirect": f"{site.url}/thanks"})
        files = await client.post("/f/contact", data=key, files={"cv": ("cv.txt", b"text")})
        no_key = await client.post("/f/contact", data={"email": "ada@example.com"})
        beacon = await client.post("/b", content=b'{"key":"another","anonymous_id":"0123456789abcdef","events":[]}')

    assert (picture.status_code, len(picture.content), picture.headers["cache-control"]) == (200, 43, "no-store")
    assert (head.status_code, head.content) == (200, b"")
    assert click.headers["location"].startswith(f"{site.url}/offer?_sp=")
    assert (no_link.status_code, script.status_code, no_key.status_code, beacon.status_code) == (404, 200, 401, 401)
    assert (form.status_code, form.headers["location"]) == (303, f"{site.url}/thanks")
    assert (files.status_code, b"Thank you" in files.content) == (200, True)
    assert len(await system.values("form-submissions")) == 2
    assert await system.values("email-opens") == []
