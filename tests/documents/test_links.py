"""Links lead to files and headings that are there; one page leads to all of deploy/."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.markdown import DOCUMENTS, ROOT, anchors_of, links_of, name_of


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document: Path) -> None:
    for file, anchor in links_of(document):
        assert file.exists(), file
        if anchor and file.suffix == ".md":
            assert anchor in anchors_of(file), f"{file}#{anchor}"


def test_one_page_leads_to_everything_for_those_who_run_it() -> None:
    page = ROOT / "deploy" / "README.md"
    led = {file for file, _ in links_of(page)}
    led |= {above for file in led for above in file.parents}
    known = {"demo.yaml", "demo-inbox.yaml", "healthcheck.py", "__pycache__"}

    assert [path.name for path in (ROOT / "deploy").iterdir() if path.name not in known and path not in led] == []


def test_the_readme_leads_to_every_guide() -> None:
    led = {file for file, _ in links_of(ROOT / "README.md")}
    led |= {file for page in list(led) if page.suffix == ".md" for file, _ in links_of(page)}

    assert [name_of(document) for document in DOCUMENTS if document not in led and document != ROOT / "README.md"] == []
