"""The studio: a model built by clicking, tried on all contacts, and published; who comes second is told of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from streamprocessor.contract.model_file.difference import differences
from streamprocessor.contract.model_file.read_model import parse_model
from tests.browser.page.conftest import NARROW, Firm, Viewer, a_system
from tests.harness.apis import READ_ONLY, ApiProcess
from tests.harness.system import ROOT, until

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

ENGAGEMENT = ROOT / "deploy" / "models" / "engagement.yaml"
LONGEST_SECONDS = 300
TRIED_MS = 30_000
"""Who tries a draft waits for everybody else: its process has the lowest priority."""
A_PERSON_S_ACT_SECONDS = 3.0
"""How long somebody takes who reads each label for the first time, finds the field and types into it."""


@pytest.fixture(scope="module")
def firm(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """One of this module's own: other models are put in force here."""
    folder = tmp_path_factory.mktemp("studio")
    with a_system(bootstrap, folder) as system:
        api = ApiProcess(system.settings, folder).start()
        try:
            asyncio.run(api.ready())
            yield Firm(system, api)
        finally:
            api.discard()


class Newcomer:
    """Somebody who works on the page by clicking and by filling fields in, and whose acts are counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.acts = 0

    async def press(
        self, name: str, *, role: Literal["button", "link"] = "button", within: Locator | None = None
    ) -> None:
        await (within or self.page).get_by_role(role, name=name, exact=True).click()
        self.acts += 1

    async def fill(self, title: str, value: str) -> None:
        await self.page.get_by_label(title, exact=True).fill(value)
        await self.page.get_by_label(title, exact=True).press("Enter")
        self.acts += 1

    async def choose(self, title: str, option: str) -> None:
        await self.page.get_by_label(title, exact=True).select_option(label=option)
        self.acts += 1

    async def rule(self, action: str, name: str, points: int) -> None:
        """A rule from the catalogue, by one click; then what it is called and gives."""
        await self.step("1 Actions")
        await self.press(action)
        await self.fill("Name of the rule", name)
        if points != 5:
            await self.fill("Points", str(points))
        await expect(self.page.locator(f"[id='open-{name}']")).to_be_visible()

    async def silence(self, name: str) -> None:
        await self.choose("Kind of rule", "Silence")
        await self.press("Add a rule")
        await expect(self.page.get_by_label("Name of the rule")).to_have_value("inactivity")
        await self.fill("Name of the rule", name)

    async def step(self, title: str) -> None:
        await self.press(title, within=self.page.get_by_role("navigation", name="Steps"))


async def looked_over(page: Page) -> None:
    """Nothing that keeps people out, and nothing that is wider than the window."""
    found = await Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"


async def text_of(page: Page, folder: Path) -> str:
    """The bytes that the page lets download."""
    await page.get_by_role("button", name="Text", exact=True).click()
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download").click()
    file = folder / "downloaded.yaml"
    await (await downloading.value).save_as(file)
    return file.read_text(encoding="utf-8")


async def build_engagement(person: Newcomer) -> None:
    """Everything that deploy/models/engagement.yaml says, from an empty draft, by clicking and filling fields in."""
    page = person.page
    await person.press("Begin anew ▾")
    await person.press("Empty")
    await person.press("Begin")

    await person.rule("Add a rule for email_open", "open", 1)
    await limited_to_one_of_each(person, "properties.message")
    await person.rule("Add a rule for email_click", "click", 5)
    await limited_to_one_of_each(person, "properties.url")
    await unfolded(person, "page visit")
    await person.rule("/ as a rule for page_visit where path is /", "homepage", 2)
    await person.rule("/pricing as a rule for page_visit where path is /pricing", "pricing", 10)
    await page.locator(".condition:not(.new)").get_by_label("Test").select_option(label="begins with")
    await person.rule("download", "download", 8)
    await unfolded(person, "form submission")
    await person.rule("contact as a rule for form_submission where form is contact", "contact-us", 25)
    await person.rule("Add a rule for unsubscribe", "unsubscribed", -50)

    await person.silence("quiet")
    await person.silence("no-opens")
    await person.fill("None of: add one", "email_open")
    await person.fill("for", "60")
    await person.fill("Points", "-10")

    await person.step("3 Thresholds")
    await person.press("Begin with cold, warm and hot")
    await person.press("Announce who reaches the highest stage")
    await person.step("Publish")
    await person.fill("The model is called", "engagement")


async def limited_to_one_of_each(person: Newcomer, path: str) -> None:
    await person.page.get_by_text("Limits and groups").click()
    await person.choose("Counts", "so many times:")
    await person.fill("for each (a message, a link)", path)
    person.acts += 1


async def unfolded(person: Newcomer, action: str) -> None:
    await person.step("1 Actions")
    await person.page.get_by_role("listitem").filter(has_text=action).get_by_text("With which properties").first.click()
    person.acts += 1


async def test_a_newcomer_builds_tries_and_publishes_the_engagement_model_without_writing_yaml(
    viewer: Viewer, firm: Firm, tmp_path: Path, screenshots: Path
) -> None:
    await until(lambda: firm.api.get("/api/catalogue")["types"], bool, 30, "counted what came")
    page = await viewer("/model")
    await page.get_by_role("link", name="Change it in the studio").click()
    await expect(page.get_by_role("heading", name="Studio")).to_be_visible()
    person = Newcomer(page)
    began_at = time.monotonic()
    await build_engagement(person)
    script_seconds = time.monotonic() - began_at
    assert script_seconds + person.acts * A_PERSON_S_ACT_SECONDS < LONGEST_SECONDS, (person.acts, script_seconds)
    for step in ("1 Actions", "2 Points"):
        await person.step(step)
        await looked_over(page)
        await page.screenshot(path=screenshots / f"studio-{step.split()[1].lower()}.png", full_page=True)

    text = await text_of(page, tmp_path)
    wanted = ENGAGEMENT.read_text(encoding="utf-8")
    assert list(differences(wanted, text)) == []
    assert parse_model(text, "downloaded").version == parse_model(wanted, "engagement").version

    contacts = firm.api.get("/api/scores/engagement/distribution")["count"]
    aside = page.get_by_role("complementary", name="What it would do")
    await expect(aside.get_by_role("status")).to_have_text(f"All {contacts} contacts, exactly", timeout=TRIED_MS)
    await person.step("Publish")
    await expect(page.get_by_role("region", name="What changes")).to_contain_text("half_life")
    await looked_over(page)
    await page.screenshot(path=screenshots / "studio-publish.png", full_page=True)
    await person.fill("Note", "the plain table")
    await person.press("Publish", within=page.locator(".studio-step"))
    await expect(page.get_by_text("is in force.")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="in force")).to_contain_text("the plain table")
    await page.get_by_role("link", name="Model", exact=True).click()
    await expect(page.get_by_text("engagement, revision")).to_be_visible()
    await expect(page.get_by_role("region", name="Rules of engagement")).to_contain_text("no-opens")
    assert firm.api.get("/api/model/text")["text"] == text


async def test_of_two_who_publish_at_once_one_is_told_what_the_other_changed_and_may_take_it_back(
    viewer: Viewer,
) -> None:
    one, other = await viewer("/studio?step=points"), await viewer("/studio?step=points", color_scheme="dark")
    for page, points in ((one, "3"), (other, "4")):
        await page.locator("[id='open-open']").click()
        await page.get_by_label("Points", exact=True).fill(points)
        await page.get_by_role("button", name="Publish", exact=True).click()
        await expect(page.get_by_role("region", name="What changes")).to_contain_text(points)

    await one.locator("#publish-now").click()
    await expect(one.get_by_text("is in force.")).to_be_visible()
    await other.locator("#publish-now").click()
    conflict = other.get_by_role("region", name="Somebody else was first")
    await expect(conflict).to_contain_text("ops put revision")
    await expect(conflict.get_by_role("row", name="engagement open")).to_contain_text("3")
    await looked_over(other)

    await conflict.get_by_role("button", name="Publish mine over it").click()
    await expect(other.get_by_text("is in force.")).to_be_visible()
    await other.get_by_text("What it changed").first.click()
    await expect(other.get_by_role("row", name="engagement open").first).to_contain_text("4")

    await other.get_by_text("Roll back to it").first.click()
    await other.get_by_label("Why").first.fill("too loud")
    await other.get_by_role("button", name="Roll back to revision").first.click()
    in_force = other.get_by_role("listitem").filter(has_text="in force")
    await expect(in_force).to_contain_text("too loud")
    await in_force.get_by_text("What it changed").click()
    await expect(in_force.get_by_role("row", name="engagement open")).to_contain_text("3")


async def test_keys_and_the_pointer_move_bounds_and_half_lives_on_a_narrow_dark_screen(
    viewer: Viewer, screenshots: Path
) -> None:
    page = await viewer("/studio?step=thresholds", color_scheme="dark", viewport=NARROW)
    warm = page.get_by_role("slider", name="warm begins at")
    begin = int(await warm.get_attribute("aria-valuenow") or "")
    await warm.press("ArrowRight")
    await warm.press("PageUp")
    await warm.press("Enter")
    await expect(page.get_by_role("group", name="Stage warm").get_by_label("From")).to_have_value(str(begin + 6))
    await expect(warm).to_be_focused()
    await looked_over(page)
    await page.screenshot(path=screenshots / "studio-thresholds-narrow.png", full_page=True)
    await expect(page.get_by_role("complementary").get_by_role("status")).to_contain_text("exactly", timeout=TRIED_MS)
    box = await warm.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 12, box["y"] + 12)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 72, box["y"] + 40, steps=4)
    await page.mouse.up()
    await expect(page.get_by_role("group", name="Stage warm").get_by_label("From")).not_to_have_value(str(begin + 6))
    dragged = int(await page.get_by_role("group", name="Stage warm").get_by_label("From").input_value())
    assert begin + 10 < dragged < 41

    await page.get_by_role("button", name="4 Decay").press("Enter")
    await page.get_by_label("Law", exact=True).select_option(label="Expiry")
    end = page.get_by_role("slider", name="gone after")
    await end.press("ArrowLeft")
    await end.press("Enter")
    await expect(page.get_by_label("Gone after", exact=True)).to_have_value("29")
    await looked_over(page)
    await page.screenshot(path=screenshots / "studio-decay-narrow.png", full_page=True)
    await page.get_by_role("button", name="Undo").press("Enter")
    await page.get_by_role("button", name="Undo").press("Enter")
    await expect(page.get_by_role("slider", name="gone after")).to_have_count(0)


async def test_a_draft_is_kept_for_others_and_who_saves_over_somebody_s_is_told(viewer: Viewer) -> None:
    one, other = [await viewer("/studio?step=publish") for _ in range(2)]
    await one.get_by_label("Save this one as").fill("autumn")
    await one.get_by_role("button", name="Save", exact=True).click()
    await expect(one.get_by_text("autumn is saved.")).to_be_visible()

    await other.get_by_label("Save this one as").fill("autumn")
    await other.get_by_role("button", name="Save", exact=True).click()
    await expect(other.get_by_text("autumn was changed by ops")).to_be_visible()
    await other.get_by_role("button", name="Text", exact=True).click()
    await other.get_by_label("The model as YAML").fill("scores: [\n")
    await other.get_by_role("button", name="Publish", exact=True).click()
    await expect(other.get_by_role("complementary")).to_contain_text("Line ")
    await expect(other.locator("#publish-now")).to_be_disabled()
    await other.get_by_role("button", name="Open autumn").click()
    await expect(other.get_by_role("heading", name="Rules of engagement")).to_be_visible()
    await other.get_by_role("button", name="Publish", exact=True).click()
    await one.get_by_label("Note").fill("less mail")
    await one.get_by_label("Note").press("Tab")
    await one.get_by_role("button", name="Save", exact=True).click()
    await expect(other.get_by_text("autumn was changed by ops")).to_be_visible()
    await other.get_by_role("button", name="Delete autumn").click()
    await expect(other.get_by_text("None is saved.")).to_be_visible()


async def test_who_may_not_change_the_model_is_told_which_scope_it_takes(viewer: Viewer) -> None:
    page = await viewer("/studio", as_=READ_ONLY)
    await expect(page.get_by_text("Its scope is called model.")).to_be_visible()
    await page.goto(page.url.replace("/studio", "/model"))
    await expect(page.get_by_role("link", name="Change it in the studio")).to_have_count(0)
