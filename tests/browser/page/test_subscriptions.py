"""Subscriptions on the page: made by choosing, tried, mended, signed and ended by people."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.page.conftest import NARROW, Firm, Viewer
from tests.delivery.receivers import Receiver, status
from tests.harness.apis import READ_ONLY

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

MADE = re.compile("^whsec_")


@pytest_asyncio.fixture(loop_scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    """A local HTTP server that keeps what it gets."""
    found = Receiver()
    await found.start()
    yield found
    await found.stop()


async def looked_over(page: Page) -> None:
    """Nothing that keeps people out."""
    found = await Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()


async def put_down(page: Page, name: str, url: str, reference: str = "env:HOOK_SECRET") -> None:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Address", exact=True).fill(url)
    await page.get_by_label("With what delivery finds").check()
    await page.get_by_label("References, the newest first").fill(reference)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name, timeout=15_000)


async def test_a_person_adds_a_subscription_tries_mends_and_ends_it(
    viewer: Viewer, receiver: Receiver, screenshots: Path
) -> None:
    page = await viewer("/subscriptions")
    await expect(page.get_by_text("Nobody gets webhooks yet.")).to_be_visible()
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscriptions-empty.png", full_page=True)
    await page.get_by_role("main").get_by_role("link", name="New subscription").first.click()

    await page.get_by_label("Name", exact=True).fill("crm")
    await page.get_by_label("Address", exact=True).fill("http://10.0.0.1/")
    await page.get_by_label("Score", exact=True).select_option("engagement")
    await page.get_by_role("group", name="To stage").get_by_label("hot").check()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("wanted https")
    await page.screenshot(path=screenshots / "subscription-refused.png", full_page=True)
    await looked_over(page)
    receiver.answer = status(410)
    await put_down(page, "crm", receiver.url)

    await expect(page.get_by_text("Well")).to_be_visible()
    await expect(page.get_by_role("group", name="To stage").get_by_label("hot")).to_be_checked()
    await page.get_by_role("button", name="Send a test", exact=True).click()
    await expect(page.get_by_text("status-410")).to_be_visible()
    await expect(page.get_by_text("Gone, disabled")).to_be_visible()
    await page.screenshot(path=screenshots / "subscription-gone.png", full_page=True)
    await looked_over(page)

    receiver.answer = receiver.take
    await page.get_by_role("button", name="Enable").click()
    await expect(page.get_by_text("Well")).to_be_visible()
    await page.get_by_role("button", name="Send ping:").click()
    await expect(page.get_by_role("region", name="Latest webhooks")).to_contain_text("arrived")
    await expect(page.get_by_role("heading", name="Undeliverable")).to_have_count(0)
    assert len(receiver.taken) == 1
    await page.screenshot(path=screenshots / "subscription.png", full_page=True)

    await page.get_by_label("Score", exact=True).select_option("fit")
    await page.get_by_role("group", name="To stage").get_by_label("A", exact=True).check()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("crm is changed.")).to_be_visible()
    await page.get_by_role("link", name="Subscriptions").click()
    row = page.get_by_role("row", name="crm")
    await expect(row).to_contain_text("score fit, to A")
    await expect(row).to_contain_text("Well")
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscriptions.png", full_page=True)

    await row.get_by_role("link").click()
    await page.get_by_role("button", name="End crm").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Subscriptions")
    await expect(page.get_by_role("row", name="crm")).to_have_count(0)


async def test_conditions_are_chosen_added_and_removed_and_others_are_kept_when_one_is_changed(
    viewer: Viewer, firm: Firm, receiver: Receiver, screenshots: Path
) -> None:
    page = await viewer("/subscriptions?new")
    await page.get_by_label("Hot leads").uncheck()
    await page.get_by_label("Every change of a score").check()
    await page.get_by_label("Segment", exact=True).select_option("entered")
    await page.get_by_label("Segment of the model").select_option("decision-makers")
    for number, (attribute, test, value) in enumerate(
        (("company", "equals", "Fabrikam"), ("employees", "at_least", "40"), ("gone", "contains", "x")), 1
    ):
        await page.get_by_role("button", name="Add a condition on an attribute").click()
        row = page.get_by_role("group", name=f"Condition on an attribute {number}")
        await row.get_by_label("Attribute", exact=True).fill(attribute)
        await row.get_by_label("Test").select_option(test)
        await row.get_by_label("Value").fill(value)
    await page.get_by_role("button", name="Remove condition on an attribute 3").click()
    await expect(page.get_by_role("button", name="Add a condition on an attribute")).to_be_focused()
    await page.get_by_label("Of suppressed contacts").check()
    await page.screenshot(path=screenshots / "subscription-conditions.png", full_page=True)
    await looked_over(page)
    await put_down(page, "deciders", receiver.url)
    await page.get_by_label("Score at least").fill("20")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("deciders is changed.")).to_be_visible()

    kept = firm.api.get("/api/subscriptions/deciders")["subscription"]
    assert kept["suppressed"] == "send"
    assert kept["when"] == {
        "score_at_least": 20,
        "segment": {"entered": "decision-makers"},
        "attributes": [{"attribute": "company", "equals": "Fabrikam"}, {"attribute": "employees", "at_least": 40}],
    }
    await page.get_by_role("button", name="End deciders").click()
    await expect(page.get_by_text("deciders has ended.")).to_be_visible()


async def test_a_message_is_previewed_and_a_test_tells_its_outcome_before_anything_is_kept(
    viewer: Viewer, receiver: Receiver, screenshots: Path
) -> None:
    receiver.answer = status(422)
    page = await viewer("/subscriptions?new", color_scheme="dark")
    await page.get_by_label("Every change of a score").check()
    await expect(page.get_by_text("Who enters or leaves a segment is asked of")).to_be_visible()
    await page.get_by_label("Address", exact=True).fill("https://hooks.slack.com/services/T/B/x")
    await page.get_by_label("On contact (id)").fill("c-32")
    await expect(page.get_by_label("Message")).to_have_value("slack")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_label("Body")).to_contain_text('"text"')
    await expect(page.get_by_text("v1,...")).to_be_visible()
    await expect(page.get_by_text("It would be sent: Alan Dubois c-32")).to_be_visible()
    await page.get_by_label("Score", exact=True).select_option("grade")
    await page.get_by_role("group", name="To stage").get_by_label("A1").check()
    await page.get_by_label("Score at least").fill("1000")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_text("It would not be sent")).to_be_visible()
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscription-preview.png", full_page=True)

    await page.get_by_label("Address", exact=True).fill(receiver.url)
    await page.get_by_role("button", name="Send a test now").click()
    await expect(page.get_by_text("Did not arrive")).to_be_visible()
    await expect(page.get_by_text("status 422 in ")).to_be_visible()
    receiver.answer = receiver.take
    await page.get_by_role("button", name="Send a test now").click()
    await expect(page.get_by_text("Arrived")).to_be_visible()
    await page.screenshot(path=screenshots / "subscription-tested.png", full_page=True)


async def test_a_secret_is_made_shown_once_and_replaced_with_the_keyboard_alone(
    viewer: Viewer, firm: Firm, receiver: Receiver, screenshots: Path
) -> None:
    page = await viewer("/subscriptions?new", viewport=NARROW)
    await page.get_by_label("Name", exact=True).focus()
    await page.keyboard.type("signed")
    await page.get_by_label("Address", exact=True).focus()
    await page.keyboard.type(receiver.url)
    await page.keyboard.press("Enter")
    secret = page.get_by_role("dialog").get_by_label("Secret")
    await expect(secret).to_have_value(MADE)
    first = await secret.input_value()
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscription-secret.png")
    await page.get_by_role("button", name="The receiver has it").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("signed")
    assert first not in await page.content()

    await page.get_by_label("Make a new secret").check()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(secret).to_have_value(MADE)
    assert await secret.input_value() != first
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("signed is changed.")).to_be_visible()
    assert firm.api.get("/api/subscriptions/signed")["subscription"]["secrets"] == ["kept:signed/2", "kept:signed/1"]
    await expect(page.get_by_text("Well")).to_be_visible()
    await page.get_by_role("button", name="Send a test", exact=True).click()
    await expect(page.get_by_role("region", name="Latest webhooks")).to_contain_text("arrived")
    assert len(receiver.taken[-1].headers["webhook-signature"].split()) == 2
    await page.get_by_role("button", name="End signed").click()
    await expect(page.get_by_text("signed has ended.")).to_be_visible()


async def test_what_delivery_refuses_is_seen_where_it_was_put_down(
    viewer: Viewer, receiver: Receiver, screenshots: Path
) -> None:
    page = await viewer("/subscriptions?new", color_scheme="dark", viewport=NARROW)
    await put_down(page, "lost", receiver.url, "env:HOOK_NOWHERE")
    await expect(page.get_by_text("wanted something in env:HOOK_NOWHERE")).to_be_visible()
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscription-dark-narrow.png", full_page=True)

    reader = await viewer("/subscriptions", as_=READ_ONLY)
    await expect(reader.get_by_role("row", name="lost")).to_contain_text("Refused")
    await expect(reader.get_by_role("link", name="New subscription")).to_have_count(0)
    await reader.get_by_role("link", name="lost").click()
    await expect(reader.get_by_role("heading", level=1)).to_have_text("lost")
    await expect(reader.get_by_role("main").get_by_role("button")).to_have_count(0)

    await page.get_by_role("button", name="End lost").click()
    await expect(page.get_by_text("Nobody gets webhooks yet.")).to_be_visible()
