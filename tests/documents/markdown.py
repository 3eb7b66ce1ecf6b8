"""The project's documents: their fenced blocks, their links, what stands between backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = ("deploy", "topics", "tests", "streamprocessor")
DOCUMENTS = sorted(
    file
    for file in [*ROOT.glob("*.md"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.md"))]
    if "node_modules" not in file.parts
)
ONLY_PARSED, ONLY_SHOWN = "parsed only: ", "only to look at: "
"""How a block says, behind its language, that it is not run, or not even read, and why."""

_FENCE = re.compile(r"^```([^`\n]*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A fenced block. note: what stands behind its language, blank if nothing does."""

    document: Path
    line: int
    language: str
    note: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for people and as a test's name."""
        return f"{name_of(self.document)}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether it does not say that it is not."""
        return not self.note.startswith((ONLY_PARSED, ONLY_SHOWN))


def name_of(document: Path) -> str:
    """The document's path in the project."""
    return str(document.relative_to(ROOT))


@cache
def blocks_of(document: Path) -> list[Block]:
    """Its blocks, in their order."""
    text = document.read_text()
    return [
        Block(document, text.count("\n", 0, fence.start()) + 1, *_language_and_note(fence[1]), fence[2])
        for fence in _FENCE.finditer(text)
    ]


def blocks(*languages: str) -> list[Block]:
    """Those in these languages, of all documents; none named: all there are."""
    found = [block for document in DOCUMENTS for block in blocks_of(document)]
    return [block for block in found if not languages or block.language in languages]


def prose_of(document: Path) -> str:
    """Its text without blocks."""
    return _FENCE.sub("", document.read_text())


def code_of(document: Path) -> list[str]:
    """What stands between backticks in its text."""
    return _CODE.findall(prose_of(document))


def links_of(document: Path) -> Iterator[tuple[Path, str]]:
    """The files that it leads to, and the anchors in them; what is elsewhere in the web is left out."""
    for link in _LINK.findall(prose_of(document)):
        if "://" not in link:
            file, _, anchor = link.partition("#")
            yield (document.parent / file if file else document).resolve(), anchor


def anchors_of(document: Path) -> set[str]:
    """Its headings, as GitHub makes anchors of them."""
    return {_anchor(heading) for heading in _HEADING.findall(prose_of(document))}


def _anchor(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")


def _language_and_note(info: str) -> tuple[str, str]:
    language, _, note = info.strip().partition(" ")
    return language, note
