"""The page's JavaScript modules: imports lead to what there is and not in circles, and any id is asked for whole."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from graphlib import TopologicalSorter
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from tests.harness.odd_ids import REFUSED_IDS, TAKEN_IDS

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


ASKING = """
import {contactAddress} from './address.js';
import {askContact} from './api.js';

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
import {conditions} from './subscription_form.js';

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
