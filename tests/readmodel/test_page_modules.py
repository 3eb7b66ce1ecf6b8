"""The page's JavaScript modules: imports lead to what there is and not in circles, and any id is asked for whole."""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from tests.harness.odd_ids import REFUSED_IDS, TAKEN_IDS

PAGE = Path(__file__).parents[2] / "streamprocessor" / "readmodel" / "page"
IMPORT = re.compile(r"^import (?:\{([^}]*)\} from )?'(\.[^']+)';|import\('(\.[^']+)'\)", re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)

SOURCES = {str(file.relative_to(PAGE)): file.read_text(encoding="utf-8") for file in PAGE.rglob("*.js")}

FLOORS = ["parts", "conditions", "views", ""]  # from the innermost; the last one is the page's own folder
MOST_IN_A_ROOM = 15


def floor_of(module: str) -> str:
    """The folder below page/ that a module is in, on whichever depth."""
    return module.split("/")[0] if "/" in module else ""


def imports_of(module: str) -> dict[str, set[str]]:
    """The modules that one imports, with the names that it takes of each."""
    return {
        posixpath.normpath(posixpath.join(posixpath.dirname(module), static or dynamic)): set(
            re.findall(r"(\w+)(?: as \w+)?(?:,|$)", names)
        )
        for names, static, dynamic in IMPORT.findall(SOURCES[module])
    }


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module: imports_of(module).keys() for module in SOURCES}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle

    assert set(order) == set(SOURCES)
    assert order[-1] == "app.js"


def test_every_name_that_is_imported_is_exported_there() -> None:
    missing = [
        f"{module}: {word} of {imported}"
        for module in SOURCES
        for imported, words in imports_of(module).items()
        for word in words - set(EXPORT.findall(SOURCES[imported]))
    ]
    assert missing == []


def test_every_name_that_is_exported_is_imported_somewhere() -> None:
    taken = {(imported, word) for module in SOURCES for imported, words in imports_of(module).items() for word in words}
    exported = {(module, word) for module, source in SOURCES.items() for word in EXPORT.findall(source)}
    assert {each for each in exported - taken if each[1] != "show"} == set()  # a view's show() is what app.js calls


def test_rooms_know_what_is_further_in_alone_and_none_is_crowded() -> None:
    outward = [
        f"{module} imports {imported}"
        for module in SOURCES
        for imported in imports_of(module)
        if FLOORS.index(floor_of(imported)) > FLOORS.index(floor_of(module))
    ]
    assert outward == []

    modules = Counter(posixpath.dirname(module) for module in SOURCES)
    assert [room for room, count in modules.items() if count > MOST_IN_A_ROOM] == []


ASKING = """
import {contactAddress} from './parts/address.js';
import {askContact} from './parts/api.js';

globalThis.fetch = async (path) => ({ok: true, json: async () => path});
const told = [];
for (const id of JSON.parse(process.argv[1])) {
  told.push(contactAddress(id, {score: 'fit', value: ''}));
  told.push(await askContact(id), await askContact(id, 'export', {query: {at: 1}}));
}
console.log(JSON.stringify(told));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_the_page_leads_to_and_asks_for_a_contact_of_any_id() -> None:
    ids = [*TAKEN_IDS, *REFUSED_IDS, "a?b=c&contact_id=d", "a#b", "a%00b", "+"]
    command = ["node", "--input-type=module", "--eval", ASKING, json.dumps(ids)]
    done = subprocess.run(command, cwd=PAGE, capture_output=True, text=True, timeout=60, check=True)

    told = [urlsplit(urljoin("http://page.example/contacts", address)) for address in json.loads(done.stdout)]
    assert [(url.path, parse_qs(url.query), url.fragment) for url in told] == [
        answer
        for contact_id in ids
        for answer in (
            ("/contact", {"contact_id": [contact_id], "score": ["fit"]}, ""),
            ("/api/contact", {"contact_id": [contact_id]}, ""),
            ("/api/contact/export", {"contact_id": [contact_id], "at": ["1"]}, ""),
        )
    ]


SPELLING = """
import {conditions} from './conditions/subscription_words.js';

console.log(conditions(JSON.parse(process.argv[1])));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_what_a_subscription_asks_for_is_said_in_words() -> None:
    when = {
        "score": "engagement",
        "to": ["hot", "warm"],
        "score_at_least": 40,
        "segment": {"entered": "vip"},
        "attributes": [{"attribute": "company", "equals": "ACME"}, {"attribute": "seats", "at_least": 3, "at_most": 5}],
    }
    command = ["node", "--input-type=module", "--eval", SPELLING, json.dumps(when)]
    done = subprocess.run(command, cwd=PAGE, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == (
        "score engagement, to hot or warm, score at least 40, segment entered vip, company equals ACME, "
        "seats at least 3 and at most 5"
    )
