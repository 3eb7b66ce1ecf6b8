"""One contact's view: its past, what comes by itself, parts that add up, what it did, and its end."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from tests.browser.page.conftest import Firm, Viewer
from tests.browser.page.people import a_hand_raised, visits, with_address
from tests.harness.system import until

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


async def test_the_parts_add_up_to_the_sum_and_the_sum_is_the_apis(viewer: Viewer, firm: Firm) -> None:
    page = await viewer("/contacts/c-32")
    parts = page.get_by_role("table", name="Parts of engagement")
    await expect(parts).to_be_visible()
    points = [Decimal(text) for text in await parts.locator("tbody td:last-child").all_text_contents()]
    total, shown = await parts.locator("tfoot td:last-child").all_text_contents()

    assert len(points) > 5
    assert sum(points) == Decimal(total)
    assert shown == await page.locator(".tiles .chosen .big").text_content()
    instant = await page.locator(".title time").last.get_attribute("datetime")
    told = firm.api.get("/api/contacts/c-32", at=instant)["scores"]["engagement"]
    assert (Decimal(total), int(shown)) == (Decimal(str(told["unrounded"])), told["score"])


async def test_the_future_is_the_decay_curve_with_the_instants_of_the_next_stages(viewer: Viewer, firm: Firm) -> None:
    page = await viewer("/contacts/c-32")
    changes = page.locator(".changes li")
    await expect(changes).to_have_count(2)
    assert [re.split(" ", text)[0] for text in await changes.all_text_contents()] == ["warm", "cold"]
    await expect(page.locator("svg.chart circle.change")).to_have_count(2)
    curve = await page.locator("svg.chart path.future").get_attribute("d") or ""
    heights = [float(each.split(" ")[1]) for each in curve.replace("M", "L").split("L")[1:]]
    assert len(heights) == 120
    assert heights == sorted(heights)  # it falls: down the page

    for change in await changes.all():
        instant = await change.locator("time").get_attribute("datetime")
        now = firm.api.get("/api/contacts/c-32", at=instant)["scores"]["engagement"]
        assert now["stage"] == (await change.locator(".stage").text_content())


async def test_the_past_is_drawn_from_the_steps_that_were_announced(
    viewer: Viewer, firm: Firm, screenshots: Path
) -> None:
    await firm.system.send(visits("c-31", "lot", 3))
    path = "/api/contacts/c-31/history"
    steps = await until(lambda: firm.api.get(path)["steps"], lambda steps: len(steps) >= 5, 30, "steps by time")
    page = await viewer("/contacts/c-31?score=buzz")
    past = await page.locator("svg.chart path.past").get_attribute("d") or ""
    await page.screenshot(path=screenshots / "contact-past-light.png", full_page=True)

    assert past.count("V") >= len(steps) - 1
    await page.get_by_label("Ahead").select_option("10 min")
    await page.wait_for_url("**ahead=600000")
    await expect(page.locator("svg.chart text", has_text="+5 min")).to_be_visible()


async def test_the_timeline_holds_every_event_with_who_did_it(viewer: Viewer, firm: Firm) -> None:
    await firm.system.send(visits("c-30", "many", 30))
    path = "/api/contacts/c-30/events"
    told = await until(lambda: firm.api.get(path, limit=200)["events"], lambda found: len(found) > 30, 30, "its events")
    page = await viewer("/contacts/c-30?score=interest&value=crm")
    rows = page.get_by_role("table", name="Events").locator("tbody tr")
    await expect(rows).to_have_count(25)
    await page.get_by_role("button", name="Earlier events").click()
    await expect(rows).to_have_count(len(told))

    assert await rows.locator("th").all_text_contents() == [event["type"] for event in told]
    assert set(await rows.locator("td:nth-child(3)").all_text_contents()) == {"human"}
    points = await rows.locator("td:nth-child(4)").all_text_contents()
    assert all(Decimal(text) > 2 for text in points[:30])


async def test_another_score_or_value_has_an_address_of_its_own(viewer: Viewer) -> None:
    page = await viewer("/contacts/c-32")
    await page.get_by_role("link", name="fit").click()
    await expect(page.get_by_role("heading", name="What fit is made of")).to_be_visible()
    await page.get_by_role("link", name="crm").click()
    await page.wait_for_url("**/contact?contact_id=c-32&score=interest&value=crm")
    await expect(page.get_by_role("heading", name="What interest of crm is made of")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="What fit is made of")).to_be_visible()


async def test_names_that_are_markup_stay_text(viewer: Viewer, evil: tuple[str, ...]) -> None:
    page = await viewer("/contacts?attribute=company:Evil+%26+Sons")
    await expect(page.locator("tbody tr")).to_have_count(len(evil))
    assert sorted(await page.locator("tbody th a").all_text_contents()) == sorted(evil)
    for contact in evil:
        await page.goto(page.url.split("/contact")[0] + f"/contact?{urlencode({'contact_id': contact})}")
        await expect(page.get_by_role("heading", level=1)).to_have_text(contact)
        await expect(page.get_by_role("definition").first).to_have_text(contact)
        assert await page.locator("main script, main img, main b, main [onload], main [onerror]").count() == 0


async def test_markup_that_gets_into_the_page_does_nothing(viewer: Viewer, complaints: list[str]) -> None:
    page = await viewer("/contacts")
    await expect(page.locator("tbody tr").first).to_be_visible()
    refused = await page.evaluate(
        "() => { try { document.body.innerHTML = '<img src=x onerror=alert(1)>' } catch (e) { return e.name } }"
    )
    assert refused == "TypeError"
    assert "TrustedHTML" in complaints.pop()


async def test_two_contacts_with_one_address_are_shown_to_each_other(viewer: Viewer, firm: Firm) -> None:
    await firm.system.send(with_address(contact, "info@contoso.example") for contact in ("c-61", "c-62"))
    named = {"display_name": "Grace Greco", "subtitle": firm.api.get("/api/contacts/c-61")["subtitle"]}
    shared = [{"attribute": "email", "contact_id": "c-61"} | named]
    path = "/api/contacts/c-62"
    await until(lambda: firm.api.get(path)["address_conflicts"], lambda told: told == shared, 30, "the conflict")

    page = await viewer("/contacts/c-62")
    await expect(page.get_by_text("The address in email is also that of Grace Greco (c-61).")).to_be_visible()
    await page.get_by_role("link", name="Grace Greco").click()
    await expect(page.get_by_text("The address in email is also that of Alan Greco (c-62).")).to_be_visible()


async def test_an_erased_contact_is_gone(viewer: Viewer, firm: Firm) -> None:
    name = f"gone-{os.urandom(3).hex()}"
    await firm.system.send(a_hand_raised(name))
    await until(lambda: firm.api.ask(f"/api/contacts/{name}").status_code, lambda code: code == 200, 30, "it is known")
    page = await viewer(f"/contacts/{name}")
    await page.get_by_role("button", name="Erase", exact=True).click()
    await page.get_by_role("button", name="Keep").click()
    assert firm.api.ask(f"/api/contacts/{name}").status_code == 200

    await page.get_by_role("button", name="Erase", exact=True).click()
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.get_by_text(f"{name} was erased.")).to_be_visible(timeout=30_000)
    assert page.url.endswith("/contacts")
    assert firm.api.ask(f"/api/contacts/{name}").status_code == 404
