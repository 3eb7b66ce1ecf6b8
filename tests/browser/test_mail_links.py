"""Links of mails as Chromium reads them: what we find in a message is what a browser finds."""

from random import Random

import pytest
from playwright.async_api import Browser

from streamprocessor.collector.tracking.markup.link_places import link_places
from streamprocessor.collector.tracking.tracked_mail import TrackedMail, tracked_message
from tests.collector.tracking.mail_markup import LINKS, PIECES
from tests.collector.tracking.requests import KEYS, NOW_MS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TRACK = "https://track.example.com"
HREFS = """messages => messages.map(message => {
  const links = new DOMParser().parseFromString(message, 'text/html').querySelectorAll('a[href],area[href]')
  const url = link => link.getAttribute('href').replace(/[\\t\\n\\r]/g, '').replace(/^[\\0- ]+|[\\0- ]+$/g, '')
  return [...links].map(url).filter(Boolean)
})"""


def led_to(url: str) -> str:
    if not url.startswith(f"{TRACK}/c/"):
        return url
    link = KEYS.verify("click", url.rpartition("/")[2], NOW_MS)
    assert link is not None
    return link.url or ""


async def test_in_any_message_the_links_that_a_browser_finds_are_found_and_lead_where_they_led(
    browser: Browser,
) -> None:
    random = Random(14)
    messages = ["".join(random.choices(LINKS + PIECES, k=random.randint(1, 10))) for _ in range(1500)]
    mail = TrackedMail(KEYS, TRACK, "c-42")
    page = await browser.new_page()
    before = await page.evaluate(HREFS, messages)
    after = await page.evaluate(HREFS, [tracked_message(message, mail) for message in messages])
    await page.close()

    for message, hrefs, tracked in zip(messages, before, after, strict=True):
        assert [link.url for link in link_places(message).links if link.url] == hrefs, message
        assert [led_to(url) for url in tracked] == hrefs, message
    assert sum(url.startswith(TRACK) for urls in after for url in urls) > 500
