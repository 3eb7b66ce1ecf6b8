"""Who may sign in, on the page: by a link that is good once, by tokens that people make and revoke; both menus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, expect

from streamprocessor.inbox.inbox_file import parse_inbox_file
from streamprocessor.process.clock import now_ms
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.readmodel.requests.sign_in_links import sign_in_address
from tests.browser.page.test_views import pictures, serious
from tests.harness.apis import ALL, READ_ONLY
from tests.readmodel.api_apps import ApiApp
from tests.readmodel.databases import opened_database
from tests.readmodel.inbox_story import store_people

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 800}
INBOX = parse_inbox_file("people: {ops: {name: Olga Petrov}, anna: {name: Anna Weber}}\nowners: [{owner: [anna]}]", "i")


class Served(NamedTuple):
    """An api's address, its data folder, and itself."""

    address: str
    folder: Path
    app: ApiApp

    def link(self) -> str:
        """An address that signs in."""
        return sign_in_address(self.address, self.folder, self.app.clock.now_ms)


@pytest_asyncio.fixture(loop_scope="module")
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """An api whose inbox has two people, one of whom has no token yet."""
    with opened_database("", tmp_path / "read.sqlite") as engine:
        app = ApiApp(engine, tmp_path, inbox=INBOX)
        store_people(engine, {"c-1": {"name": "Ada Berger"}})
        app.clock.now_ms = now_ms()
        async with serving(app.app, listening_socket("api", "127.0.0.1", 0)) as port:
            yield Served(f"http://127.0.0.1:{port}", tmp_path, app)


async def opened(browser: Browser, address: str, size: ViewportSize = DESKTOP) -> Page:
    """The address in a browser's profile of its own."""
    page = await (await browser.new_context(viewport=size)).new_page()
    page.set_default_timeout(10_000)
    await page.goto(address)
    return page


async def signed_in(browser: Browser, served: Served, path: str, token: str = ALL) -> Page:
    """The path of the page, to somebody who signed in with the token."""
    page = await opened(browser, served.address)
    await page.get_by_label("Token").fill(token)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("navigation", name="Views")).to_contain_text("Contacts")
    await page.goto(served.address + path)
    return page


async def looked_over(page: Page) -> None:
    """Nothing that keeps people out."""
    found = await Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()


async def test_a_link_signs_in_once_and_leaves_the_address(browser: Browser, served: Served, screenshots: Path) -> None:
    link = served.link()
    asked: list[str] = []
    page = await opened(browser, "about:blank")
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(link)
    await expect(page.get_by_role("button", name="ops: your menu")).to_be_visible()
    secret = link.partition("#")[2]
    assert secret not in page.url
    assert not any(secret in url for url in asked if "#" not in url)
    await page.reload()
    await expect(page.get_by_role("button", name="ops: your menu")).to_be_visible()

    late = await opened(browser, link)
    await expect(late.get_by_role("alert")).to_contain_text("streamprocessor sign-in prints a new one")
    await expect(late.get_by_label("Token")).to_be_focused()
    assert secret not in late.url
    await looked_over(late)
    await pictures(late, screenshots / "sign-in-late")
    await late.set_viewport_size(PHONE)
    await pictures(late, screenshots / "sign-in-late-phone")
    assert await serious(late) == []  # dark by now

    await page.goto(link)  # who is signed in stays so
    await expect(page.get_by_role("button", name="ops: your menu")).to_be_visible()


async def test_somebody_gets_a_token_signs_in_with_it_and_is_out_when_it_is_revoked(
    browser: Browser, served: Served, screenshots: Path
) -> None:
    page = await signed_in(browser, served, "/contacts")
    await page.get_by_role("button", name="ops: your menu").click()
    await page.get_by_role("link", name="Access").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Access")
    await expect(page.get_by_role("row", name="ops (you)")).to_contain_text("in the settings")
    await page.get_by_role("link", name="Make a token for Anna Weber").click()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("anna")
    await looked_over(page)
    await pictures(page, screenshots / "access-new")
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("button", name="Make the token").click()
    token = await page.get_by_label("Token", exact=True).input_value()
    assert token.startswith("spt_")
    await page.screenshot(path=screenshots / "access-made.png")
    await looked_over(page)
    await page.get_by_role("button", name="It is copied").click()
    row = page.get_by_role("row", name="anna")
    await expect(row).to_contain_text("read, write")
    await expect(row).to_contain_text("by ops")
    await looked_over(page)
    await pictures(page, screenshots / "access")
    await page.set_viewport_size(PHONE)
    await pictures(page, screenshots / "access-phone")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    assert await serious(page) == []  # dark by now
    await page.set_viewport_size(DESKTOP)

    anna = await signed_in(browser, served, "/", token)
    await expect(anna.get_by_role("heading", level=1)).to_have_text("Inbox")
    await anna.get_by_role("button", name="anna: your menu").click()
    await expect(anna.get_by_role("button", name="Sign out")).to_be_visible()
    await expect(anna.get_by_role("link", name="Access")).to_have_count(0)

    await page.get_by_role("button", name="Revoke the token of anna").click()
    await expect(page.get_by_role("button", name="Keep")).to_be_focused()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("status").filter(has_text="The token of anna is revoked")).to_be_visible()
    await expect(page.get_by_role("row", name="anna")).to_have_count(0)
    await anna.get_by_role("link", name="Contacts", exact=True).click()
    await expect(anna.get_by_label("Token")).to_be_visible()


async def test_who_may_not_say_who_signs_in_has_no_such_view(browser: Browser, served: Served) -> None:
    page = await signed_in(browser, served, "/access", READ_ONLY)
    await expect(page.get_by_role("alert")).to_contain_text("wanted one with scope tokens")
    await page.get_by_role("button", name="page: your menu").click()
    await expect(page.get_by_role("link", name="Access")).to_have_count(0)


async def test_on_a_phone_the_navigation_is_two_lines_at_most_and_menus_are_opened_by_the_keyboard_alone(
    browser: Browser, served: Served, screenshots: Path
) -> None:
    page = await signed_in(browser, served, "/catalogue")
    await page.set_viewport_size(PHONE)
    await expect(page.get_by_role("heading", level=1)).to_be_focused()  # from here on the focus is the person's
    views = page.get_by_role("navigation", name="Views")
    await expect(views.get_by_role("link", name="Catalogue")).to_be_visible()  # where one is stays in sight
    tops = await views.locator(":scope > :visible").evaluate_all("all => all.map((each) => each.offsetTop)")
    assert len(set(tops)) <= 2, tops
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"

    await page.get_by_role("button", name="More").focus()
    await page.keyboard.press("Enter")
    await expect(views.get_by_role("link", name="Model")).to_be_visible()
    await looked_over(page)
    await page.screenshot(path=screenshots / "menu-views-phone.png")
    await page.keyboard.press("Escape")
    await expect(views.get_by_role("link", name="Model")).to_be_hidden()
    await page.get_by_role("button", name="ops: your menu").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Access")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Access")).to_be_focused()
    await looked_over(page)
    await page.screenshot(path=screenshots / "menu-person-phone.png")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Access")
