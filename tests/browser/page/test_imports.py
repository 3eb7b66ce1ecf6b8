"""Imports on the page: what would become of a file is shown and corrected, then its progress and what was refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import FilePayload, Page, expect

from streamprocessor.readmodel.endpoints.import_files.choosing import MOST_ROWS
from tests.browser.page.conftest import NARROW, Firm, Viewer
from tests.harness.apis import READ_ONLY
from tests.harness.system import until

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

WEBINAR = (
    "Kundennummer;E-Mail;<b>Vorname</b>;Abgemeldet\n"
    "imported-1;ada@example.com;Ada;nein\n"
    'imported-2;bob@example.com;"<img src=x onerror=alert(1)>";ja\n'
    ";eve@example.com;Eve;nein\n"
)
MAPPING = "contact: Kundennummer\nattributes: {email: E-Mail}\n"


def file_of(content: str | bytes, name: str) -> FilePayload:
    """A file as somebody chooses it."""
    return {"name": name, "mimeType": "", "buffer": content.encode() if isinstance(content, str) else content}


async def looked_over(page: Page) -> None:
    """Nothing that keeps people out."""
    found = await Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()


async def given(page: Page, file: FilePayload) -> None:
    """A file chosen, and what would become of it shown."""
    await page.get_by_label("Choose a file").set_input_files(file)
    await expect(page.get_by_role("heading", name=f"Import {file['name']}")).to_be_visible()


async def means(page: Page, column: str, title: str) -> None:
    """What the column means chosen from the list."""
    await page.get_by_label(f"What {column} means", exact=True).select_option(label=title)


async def counted(page: Page, *numbers: str) -> None:
    """Rows, and how many of them are taken, refused and passed over, as the page shows them."""
    await expect(page.locator(".facts dd")).to_have_text([*numbers])


async def test_a_marketer_imports_a_list_corrects_what_its_columns_mean_and_saves_that(
    viewer: Viewer, firm: Firm, screenshots: Path
) -> None:
    page = await viewer("/imports")
    await expect(page.get_by_label("Choose a file")).to_be_visible()
    await looked_over(page)
    await given(page, file_of(WEBINAR, "webinar.csv"))

    await page.get_by_text("As text").click()
    await page.get_by_label("as text").fill(MAPPING)
    await page.get_by_role("button", name="Use this text").click()
    await expect(page.get_by_label("What Abgemeldet means")).to_have_value("")

    await means(page, "<b>Vorname</b>", "First name")
    await means(page, "Abgemeldet", "Opted out of mails")
    await expect(page.get_by_text("got 'nein'").first).to_be_visible()
    await page.get_by_label("if it says").fill("ja")
    await page.get_by_label("not if").fill("nein")
    await expect(page.get_by_text("1 opted out")).to_be_visible()
    rows = page.get_by_role("region", name="A few rows")
    await expect(rows.get_by_text("<img src=x onerror=alert(1)>")).to_have_count(2)
    await expect(rows.get_by_text("Refused: column 'Kundennummer' is empty")).to_be_visible()
    await counted(page, "3", "2", "1", "0")
    await looked_over(page)
    await page.screenshot(path=screenshots / "import-proposal.png", full_page=True)

    await page.get_by_role("button", name="Save for next time").click()
    await page.get_by_label("Name", exact=True).fill("Our webinar/2026")
    await looked_over(page)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Our webinar/2026 is saved")).to_be_visible()
    await page.get_by_role("button", name="Save for next time").click()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Our webinar/2026 is saved already, and everybody imports by it")).to_be_visible()
    await looked_over(page)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_label("Name", exact=True)).to_be_hidden()

    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_text("Done", exact=True).first).to_be_visible()
    await expect(page.get_by_role("progressbar", name="How much is read")).to_have_attribute("value", "100")
    await counted(page, "3", "2", "1", "0")
    await expect(page.get_by_role("region", name="The first lines")).to_contain_text("no-contact")
    await expect(page.get_by_role("link", name="See the contacts")).to_be_visible()
    await expect(
        page.get_by_role("link", name="ada@example.com").or_(page.get_by_role("link", name="Ada"))
    ).to_be_visible()
    await expect(page.get_by_role("link", name="webinar.csv")).to_have_count(0)
    await looked_over(page)
    await page.screenshot(path=screenshots / "import.png", full_page=True)
    contact = "/api/contacts/imported-2"
    await until(lambda: firm.api.ask(contact).status_code, lambda code: code == 200, 30, "scored")

    await given(page, file_of(WEBINAR.replace("imported", "other"), "next-webinar.csv"))
    await expect(page.get_by_text("This looks like Our webinar/2026.")).to_be_visible()
    await counted(page, "3", "2", "1", "0")
    await page.get_by_role("button", name="Delete this file").click()
    await expect(page.get_by_text("Not imported yet")).to_have_count(0)


async def test_whose_address_another_contact_has_is_not_named_among_those_that_came(viewer: Viewer) -> None:
    page = await viewer("/imports")
    rows = page.locator(".facts dd").first
    await given(page, file_of("Nr,Mail,Vorname\nbound-1,bound@example.com,Bo\n", "crm.csv"))
    await means(page, "Nr", "Who it is: an id")
    await means(page, "Mail", "Mail address")
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_text("these among them: Bo")).to_be_visible(timeout=20_000)

    await given(page, file_of("Mail\nbound@example.com\n", "mails.csv"))
    async with page.expect_response(lambda answer: "/api/contact?" in answer.url) as asked:
        await page.get_by_role("button", name="Import", exact=True).click()
    assert (await asked.value).status == 404
    await expect(rows).to_have_text("1")
    await expect(page.get_by_role("link", name="See the contacts")).to_be_visible()
    await expect(page.get_by_text("these among them")).to_have_count(0)


async def test_an_import_that_fails_keeps_the_file_and_what_was_chosen(viewer: Viewer) -> None:
    page = await viewer("/imports")
    rows = "".join(f";broken-{n}@example.com\n" for n in range(MOST_ROWS + 3_000))
    whole = gzip.compress(f"Nr;Mail\nkept-1;ada@example.com\n{rows}".encode())
    await given(page, file_of(whole[:-100], "list.csv.gz"))
    await means(page, "Nr", "Who it is: an id")
    await means(page, "Mail", "Mail address")
    await expect(page.get_by_text("These are the first 10\u202f000 rows")).to_be_visible()
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_text("got a file that ends too early")).to_be_visible()

    await page.get_by_role("link", name="correct and import again").click()
    await expect(page.get_by_label("What Mail means")).to_have_value("attribute:email")
    await expect(page.get_by_label("What Nr means")).to_have_value("contact")


async def test_the_keyboard_alone_imports_a_file_on_a_narrow_dark_screen(viewer: Viewer, screenshots: Path) -> None:
    page = await viewer("/imports", color_scheme="dark", viewport=NARROW)
    lines = '{"contact_id": "typed-1", "type": "email_open"}\n{"type": "email_open"}\n'
    await given(page, file_of(lines, "events.jsonl"))
    await expect(page.get_by_text("1 × email_open")).to_be_visible()
    width = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    await looked_over(page)
    await page.screenshot(path=screenshots / "import-narrow.png", full_page=True)

    button = page.get_by_role("button", name="Import", exact=True)
    for _ in range(40):
        if await button.evaluate("button => button === document.activeElement"):
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("1 no-contact")).to_be_visible()
    await expect(page.get_by_text("Done", exact=True).first).to_be_visible()


async def test_who_may_only_read_sees_imports_and_begins_none(viewer: Viewer) -> None:
    page = await viewer("/imports", as_=READ_ONLY, color_scheme="dark", viewport=NARROW)
    await expect(page.get_by_text("sign in with a token that may write")).to_be_visible()
    await expect(page.get_by_label("Choose a file")).to_have_count(0)
    await looked_over(page)
