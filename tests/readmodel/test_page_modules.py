"""The page's JavaScript modules: each imports what there is, and none leads back to itself."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

PAGE = Path(__file__).parents[2] / "streamprocessor" / "readmodel" / "page"
IMPORT = re.compile(r"^import (?:\{([^}]*)\} from )?'\./([\w.]+)';|import\('\./([\w.]+)'\)", re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)

SOURCES = {file.name: file.read_text(encoding="utf-8") for file in PAGE.glob("*.js")}


def imports_of(source: str) -> dict[str, set[str]]:
    """The modules that a source imports, with the names that it takes of each."""
    return {
        static or dynamic: set(re.findall(r"(\w+)(?: as \w+)?(?:,|$)", names))
        for names, static, dynamic in IMPORT.findall(source)
    }


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: imports_of(source).keys() for name, source in SOURCES.items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle

    assert set(order) == set(SOURCES)
    assert order[-1] == "app.js"


def test_every_name_that_is_imported_is_exported_there() -> None:
    missing = [
        f"{name}: {word} of {module}"
        for name, source in SOURCES.items()
        for module, words in imports_of(source).items()
        for word in words - set(EXPORT.findall(SOURCES[module]))
    ]
    assert missing == []
