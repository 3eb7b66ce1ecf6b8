"""People before ids: names are titles and first columns, and an id is copied with one click."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, ViewportSize, expect

from tests.browser.page.conftest import DESKTOP, ColorScheme, Firm, Viewer
from tests.browser.page.people import a_hand_raised, named
from tests.harness.system import until

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

PHONE: ViewportSize = {"width": 390, "height": 800}
SIZES = (DESKTOP, PHONE)
SCHEMES: tuple[ColorScheme, ...] = ("light", "dark")
DELIVERIES = {
    "name": "crm",
    "source": "topic",
    "events": ["became-hot-lead"],
    "state": "well",
    "waiting": 0,
    "refused": None,
    "recent": [
        {
            "webhook_id": f"5f0c:{contact}:engagement:1/crm",
            "contact_id": contact,
            "display_name": name,
            "subtitle": subtitle,
            "state": "delivered",
            "at": "2026-11-22T08:00:00.000Z",
            "attempts": 0,
            "reason": "",
            "next_attempt_at": None,
            "delivered_at": "2026-11-22T08:00:01.000Z",
        }
        for contact, name, subtitle in (("c-32", "Alan Dubois", "CTO, Tailspin"), ("c-99", None, None))
    ],
    "undeliverable": [],
}


async def looked_over(page: Page, picture: Path) -> None:
    """Pictures of it, light, dark and on a phone, in none of which axe finds anything."""
    looks: list[tuple[ColorScheme, ViewportSize]] = [(scheme, size) for size in SIZES for scheme in SCHEMES]
    for scheme, viewport in looks:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size(viewport)
        await page.screenshot(path=f"{picture}-{scheme}-{viewport['width']}.png")
        found = await Axe().run(page)
        assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    await page.set_viewport_size(DESKTOP)


async def known(firm: Firm, contact: str) -> None:
    """Return when the api has it."""
    path = f"/api/contacts/{contact}"
    await until(lambda: firm.api.ask(path).status_code, lambda code: code == 200, 30, "it is known")


async def test_a_name_is_the_title_and_the_id_is_copied_by_keyboard_alone(viewer: Viewer, screenshots: Path) -> None:
    page = await viewer("/contacts?attribute=name:Alan+Dubois")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row = page.locator("tbody tr")
    await expect(row).to_have_count(1)
    await expect(row.get_by_role("rowheader")).to_contain_text("c-32")
    await row.get_by_role("link", name="Alan Dubois").focus()
    await page.keyboard.press("Tab")
    await expect(row.get_by_role("button", name="Copy the id c-32")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Id c-32 copied.")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "c-32"

    await row.get_by_role("link", name="Alan Dubois").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Alan Dubois")
    await expect(page).to_have_title("Alan Dubois · streamprocessor")
    assert page.url.endswith("/contact?contact_id=c-32")
    await looked_over(page, screenshots / "names-contact")


async def test_who_has_no_name_is_called_by_the_id_which_stands_once(viewer: Viewer, firm: Firm) -> None:
    contact = f"nobody-{os.urandom(3).hex()}"
    await firm.system.send(a_hand_raised(contact, times=1))
    await known(firm, contact)
    page = await viewer(f"/contact?contact_id={contact}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(contact)
    assert (await page.locator("main").inner_text()).count(contact) == 1
    await expect(page.get_by_role("button", name=f"Copy the id {contact}")).to_be_visible()


async def test_a_contacts_page_begins_with_how_the_person_is_reached_and_long_names_and_arabic_ones_fit(
    viewer: Viewer, firm: Firm, screenshots: Path
) -> None:
    company = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    arabic, long = (f"{name}-{os.urandom(3).hex()}" for name in ("arabic", "long"))
    await firm.system.send(
        [
            named(
                arabic, {"full_name": "محمد الفارسي (CEO)", "email": f"{arabic}@example.com", "phone": "+49 (30) 12345"}
            ),
            named(
                long, {"full_name": "Wolfeschlegelstein" * 5, "company": company, "email": ["x@y"], "phone": 4930123456}
            ),
        ]
    )
    for contact in (arabic, long):
        await known(firm, contact)
    page = await viewer(f"/contact?contact_id={arabic}")
    await expect(page.get_by_role("link", name=f"{arabic}@example.com")).to_have_attribute(
        "href", f"mailto:{arabic}@example.com"
    )
    await expect(page.get_by_role("link", name="+49 (30) 12345")).to_have_attribute("href", "tel:+493012345")
    assert await page.locator("h1 bdi").evaluate("name => getComputedStyle(name).direction") == "rtl"
    await page.goto(page.url.replace(arabic, long))
    await expect(page.get_by_role("link", name="4930123456")).to_have_attribute("href", "tel:4930123456")
    assert await page.locator("a[href^='mailto:']").count() == 0
    await looked_over(page, screenshots / "names-long")


async def test_a_hot_lead_comes_live_by_name(viewer: Viewer, firm: Firm, screenshots: Path) -> None:
    contact = f"kim-{os.urandom(3).hex()}"
    page = await viewer("/hot-leads")
    await expect(page.locator(".live[data-kind=live]")).to_be_visible()
    await firm.system.send([named(contact, {"full_name": "Kim O'Brien", "job_title": "CEO", "company": "Quillhaven"})])
    await firm.system.send(a_hand_raised(contact))
    first = page.locator("tbody tr").first
    await expect(first).to_contain_text(contact, timeout=30_000)
    await expect(first.get_by_role("link", name="Kim O'Brien")).to_be_visible()
    await expect(first).to_contain_text("CEO, Quillhaven")
    await expect(first).to_contain_text("contact us × 2")
    await expect(first).to_have_class("fresh")
    await looked_over(page, screenshots / "names-hot-leads")


async def test_a_hot_lead_whose_contact_comes_later_gets_its_name_then(viewer: Viewer, firm: Firm) -> None:
    contact = f"lee-{os.urandom(3).hex()}"
    page = await viewer("/hot-leads")
    await page.clock.install()
    await page.reload()
    await expect(page.locator(".live[data-kind=live]")).to_be_visible()
    await firm.system.send(a_hand_raised(contact))
    row = page.locator("tbody tr", has_text=contact)
    await expect(row.get_by_role("link", name=contact)).to_be_visible(timeout=30_000)

    await firm.system.send([named(contact, {"name": "Lee Novak"})])
    path = "/api/contact"
    await until(
        lambda: firm.api.get(path, contact_id=contact)["display_name"], lambda name: name is not None, 30, "named"
    )
    await page.clock.fast_forward(3_000)
    await expect(row.get_by_role("link", name="Lee Novak")).to_be_visible()
    await expect(row).to_have_class("fresh")


async def test_erasing_somebody_asks_by_name(viewer: Viewer) -> None:
    page = await viewer("/contact?contact_id=c-32")
    await page.get_by_role("button", name="Erase", exact=True).click()
    await expect(page.get_by_role("dialog", name="Erase Alan Dubois (c-32)?")).to_be_visible()


async def test_webhooks_say_whom_they_are_about(viewer: Viewer, screenshots: Path) -> None:
    page = await viewer("/contacts")
    subscribed = {"name": "crm", "source": "file", "subscription": None, "state": "well", "waiting": 0, "refused": None}
    await page.route("**/api/subscriptions/crm", lambda route: route.fulfill(json=subscribed))
    await page.route("**/api/subscriptions/crm/deliveries", lambda route: route.fulfill(json=DELIVERIES))
    await page.goto(page.url.replace("/contacts", "/subscriptions/crm"))
    about = page.get_by_role("table", name="Latest webhooks").locator("tbody th")
    await expect(about.first.get_by_role("link", name="Alan Dubois")).to_be_visible()
    await expect(about.last.get_by_role("link", name="c-99")).to_be_visible()
    await looked_over(page, screenshots / "names-webhooks")
