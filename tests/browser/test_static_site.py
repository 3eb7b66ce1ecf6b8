"""A static site with the script tag alone, and a mail made by `links`: the engagement table and interest by product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.async_api import BrowserContext, Page
from ruamel.yaml import YAML

from streamprocessor.cli.kafka.stored_contact import load_contact
from streamprocessor.cli.main import commands
from streamprocessor.contract.answers.contact_answer import contact_answer
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.process.clock import now_ms
from tests.browser.conftest import SECRET, Visitor
from tests.browser.serving import Site
from tests.harness.collectors import CollectorProcess
from tests.harness.processes import ADDRESS_SALT
from tests.harness.system import ROOT, System, until
from tests.harness.workers import WorkerProcess

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

MODELS = ROOT / "deploy" / "models"
DAY_MS = 86_400_000
ADDRESS = "ada@example.com"
ADA = ContactIds(ADDRESS_SALT).address(ADDRESS)

PAGES = {
    "/": '<a href="/products/crm">CRM</a> <a href="/products/mail">Mail</a> <a href="/pricing">Prices</a>',
    "/pricing": '<a href="/files/prices.pdf" target="_blank">All prices</a> <a href="/products/crm">CRM</a>',
    "/products/crm": """<form id="contact" method="post" action="/thanks"><input type="email" name="email">
        <textarea name="message">How many seats?</textarea><button>Ask us</button></form>""",
    "/products/mail": '<a href="/">Home</a>',
    "/unsubscribe": """<button onclick="streamprocessor.track('unsubscribe')">No more mails</button>""",
}
MAIL = (
    """<p>Dear Ada,</p> <a href="{site}/products/mail">A new inbox</a> <a href="{site}/unsubscribe">Unsubscribe</a>"""
)


def model_of_both(folder: Path) -> Path:
    """The engagement table and interest by product in one file, as who wants both writes it."""
    yaml = YAML()
    both, interest = (yaml.load(MODELS / f"{name}.yaml") for name in ("engagement", "product-interest"))
    both["scores"] |= interest["scores"]
    both["derive"] = interest["derive"]
    file = folder / "model.yaml"
    yaml.dump(both, file)
    return file


def mail_to_ada(site: Site, collector: CollectorProcess) -> str:
    """The message as `links` makes it for an address."""
    words = ("links", "--address", ADDRESS, "--message", "m-9", "--public-url", collector.address, "--html", "-")
    environment = {"STREAMPROCESSOR_TOKEN_KEYS": f"k1={SECRET}", "STREAMPROCESSOR_ADDRESS_SALT": ADDRESS_SALT}
    return CliRunner().invoke(commands, words, input=MAIL.format(site=site.url), env=environment).stdout


async def read_and_ask(person: BrowserContext, site: Site, mail: str) -> None:
    """Reads the mail, follows its first link, looks around, takes the price list, asks about the CRM."""
    page = await opened(person, mail)
    for link in ("A new inbox", "Home", "Prices"):
        await follow(page, link)
    async with page.expect_popup():
        await page.click("text=All prices")
    await follow(page, "CRM")
    await page.fill("[name=email]", ADDRESS.upper())
    await follow(page, "Ask us")
    assert page.url == f"{site.url}/thanks"


async def unsubscribe(person: BrowserContext, mail: str) -> None:
    page = await opened(person, mail)
    await follow(page, "Unsubscribe")
    async with page.expect_response(lambda response: response.url.endswith("/b")):
        await page.click("text=No more mails")


async def follow(page: Page, text: str) -> None:
    """Clicks, and returns once the next page and its script are there."""
    async with page.expect_navigation(wait_until="load"):
        await page.click(f"text={text}")


async def opened(person: BrowserContext, mail: str) -> Page:
    page = await person.new_page()
    await page.set_content(mail)
    return page


async def ada_after(system: System, days: int) -> dict[str, Any]:
    """What `explain --json` prints of her, so many days from now; nothing where nothing is kept of her yet."""
    at_ms = now_ms() + days * DAY_MS
    stored = await load_contact(system.settings, ADA, at_ms)
    return {} if stored is None else contact_answer(*stored, ADA, at_ms)


def table_of(answer: dict[str, Any]) -> dict[str, list[float]]:
    """The points of each rule of the engagement table that holds, a number a match."""
    rows: dict[str, list[float]] = {}
    for part in answer.get("explanation", {}).get("engagement", ()):
        rows.setdefault(part["rule"], []).append(float(part["points"]))
    return rows


async def test_a_static_site_and_a_mail_give_every_row_of_the_engagement_table_and_interest_by_product(
    visitor: Visitor,
    site: Site,
    system: System,
    real_collector: CollectorProcess,
    real_worker: WorkerProcess,
    tmp_path: Path,
) -> None:
    site.pages = PAGES
    site.script += " async"
    await system.apply_model(model_of_both(tmp_path), 2)
    await real_worker.start().ready()
    mail = mail_to_ada(site, real_collector)
    await read_and_ask(await visitor(), site, mail)
    (lead,) = await until(lambda: system.values("became-hot-lead"), bool, 20, "a hot lead")
    await unsubscribe(await visitor(), mail)  # in another browser, as on a telephone

    rows = {
        "open": [1],
        "click": [5, 5],
        "homepage": [2],
        "pricing": [10],
        "download": [8],
        "contact-us": [25],
        "unsubscribed": [-50],
    }
    answer = await until(lambda: ada_after(system, 0), lambda got: table_of(got) == rows, 20, "every row")
    scores = answer["scores"]
    products = {name: value["score"] for name, value in scores["product-interest"]["values"].items()}
    assert (lead["contact_id"], lead["score"]) == (ADA, 51)
    assert (scores["engagement"]["score"], answer["suppression"]["by"]) == (6, "unsubscribe")
    assert products == {"crm": 2 + 16, "mail": 2 + 4}
    assert table_of(await ada_after(system, 31)) == rows | {"quiet": [-5]}
    assert table_of(await ada_after(system, 61)) == rows | {"quiet": [-5], "no-opens": [-10]}
