"""Exports of other programs, imported on the page without a mapping: recognised, counted, sent."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from streamprocessor.imports.recognition import known_exports, recognise
from tests.browser.page.conftest import Viewer
from tests.browser.page.test_imports import file_of
from tests.harness.system import ROOT
from tests.imports.exports import EXPORTS, ROWS, export_cells, export_csv
from tests.imports.workbooks import workbook

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

KNOWN = known_exports(ROOT / "deploy" / "imports")


async def test_a_marketer_imports_each_export_without_a_mapping_and_the_counts_add_up_to_the_rows(
    viewer: Viewer,
) -> None:
    page = await viewer("/imports")
    numbers = page.locator(".facts dd")
    for name in EXPORTS:
        export = recognise(export_cells(name)[0], KNOWN)
        assert export is not None
        as_sheet = name == "salesforce-leads"
        content = workbook({"Leads": export_cells(name)}) if as_sheet else export_csv(name)
        await page.get_by_label("Choose a file").set_input_files(
            file_of(content, f"{name}.{'xlsx' if as_sheet else 'csv'}")
        )
        await expect(page.get_by_text(f"This looks like {export.title}.")).to_be_visible()
        rows, taken, refused, passed_over = map(int, await numbers.all_inner_texts())
        assert rows == ROWS == taken + refused + passed_over, name
        assert taken > refused, name
        await page.get_by_role("button", name="Import", exact=True).click()
        await expect(page.get_by_role("heading", name="Latest result")).to_be_visible()
        await expect(page.locator("section", has=page.get_by_role("heading", name="Latest result"))).to_contain_text(
            "Done"
        )
        await expect(numbers).to_have_text([str(each) for each in (rows, taken, refused, passed_over)])
