"""What a column means, as the page reads it of a mapping and writes it there; run by node, without a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "streamprocessor" / "readmodel" / "page"
ASKED = """
import {meaningsOf, readAs, renamed, valueOf, withMeaning} from './views/imports/column_meanings.js';

import {asContacts, asEvents} from './views/imports/row_kinds.js';

const answers = {
  asContacts, asEvents, withMeaning,
  shown: (words, column) => meaningsOf(words, column).map(valueOf),
  readAs: (words, column, kind) => readAs(words, meaningsOf(words, column)[0], kind),
  renamed: (words, column, name) => renamed(words, meaningsOf(words, column)[0], name),
};
console.log(JSON.stringify(JSON.parse(process.argv[1]).map(([name, values]) => answers[name](...values))));
"""

LIST: dict[str, Any] = {
    "contact": {"address": "Mail"},
    "attributes": {"email": "Mail", "size": {"column": "Size", "as": "number"}},
    "suppressed": {"column": "Out", "true_values": ["x"]},
    "events": [
        {"type": "email_open", "count": "Opens", "occurred_at": "now"},
        {"type": {"column": "Did"}, "occurred_at": {"column": "On"}, "properties": {"page": "Page"}},
    ],
    "skip": [{"column": "State", "in": ["test"]}],
}
EVENTS: dict[str, Any] = {
    "contact": "Who",
    "type": {"column": "Did"},
    "occurred_at": {"column": "On", "zone": "Europe/Berlin"},
    "properties": {"page": "Page"},
}

SHOWN: list[tuple[dict[str, Any], str, list[str]]] = [
    (LIST, "Mail", ["address", "attribute:email"]),
    (LIST, "Size", ["attribute"]),
    (LIST, "Out", ["suppressed"]),
    (LIST, "Opens", ["count"]),
    (LIST, "Did", ["other"]),
    (LIST, "On", ["other"]),
    (LIST, "Page", ["other"]),
    (LIST, "State", ["other"]),
    (LIST, "Nothing", []),
    (EVENTS, "Who", ["contact"]),
    (EVENTS, "On", ["occurred_at"]),
    (EVENTS, "Page", ["property"]),
]

CHANGED: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("withMeaning", [{}, "Mail", "address", ""], {"contact": {"address": "Mail"}, "attributes": {"email": "Mail"}}),
    (
        "withMeaning",
        [{"contact": "Nr"}, "Mail", "attribute:email", ""],
        {"contact": "Nr", "attributes": {"email": "Mail"}},
    ),
    (
        "withMeaning",
        [{"contact": "Nr", "attributes": {"email": "Mail"}}, "Mail", "", ""],
        {"contact": "Nr"},
    ),
    (
        "withMeaning",
        [{"contact": "Nr", "attributes": {"email": "Mail"}}, "Second mail", "attribute:email", ""],
        {"contact": "Nr", "attributes": {"email": "Mail", "email_2": "Second mail"}},
    ),
    (
        "withMeaning",
        [{"contact": "Nr"}, "Größe (cm)", "attribute", ""],
        {"contact": "Nr", "attributes": {"große_cm": "Größe (cm)"}},
    ),
    (
        "withMeaning",
        [{"contact": "Nr"}, "Opens", "count", ""],
        {"contact": "Nr", "events": [{"type": "opens", "occurred_at": "now", "count": "Opens"}]},
    ),
    ("withMeaning", [LIST, "Did", "", ""], LIST | {"events": LIST["events"][:1]}),
    ("withMeaning", [LIST, "State", "", ""], {word: each for word, each in LIST.items() if word != "skip"}),
    (
        "renamed",
        [LIST, "Opens", "mail_seen"],
        LIST | {"events": [LIST["events"][0] | {"type": "mail_seen"}, LIST["events"][1]]},
    ),
    (
        "renamed",
        [LIST, "Size", "people"],
        LIST | {"attributes": {"email": "Mail", "people": {"column": "Size", "as": "number"}}},
    ),
    ("readAs", [LIST, "Size", "text"], LIST | {"attributes": {"email": "Mail", "size": "Size"}}),
    ("readAs", [EVENTS, "Page", "boolean"], EVENTS | {"properties": {"page": {"column": "Page", "as": "boolean"}}}),
    ("asContacts", [EVENTS], {"contact": "Who", "attributes": {"page": "Page"}}),
    (
        "asEvents",
        [{"contact": "Who", "attributes": {"page": "Page"}, "decimal": ","}],
        {"contact": "Who", "type": "imported", "occurred_at": "now", "properties": {"page": "Page"}, "decimal": ","},
    ),
]


def answered(questions: list[tuple[str, list[Any]]]) -> list[Any]:
    """What the page's module answers."""
    command = ["node", "--input-type=module", "--eval", ASKED, json.dumps(questions)]
    done = subprocess.run(command, cwd=PAGE, capture_output=True, text=True, timeout=60, check=True)
    answers: list[Any] = json.loads(done.stdout)
    return answers


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_columns_are_shown_as_what_the_mapping_makes_of_them() -> None:
    told = answered([("shown", [words, column]) for words, column, _ in SHOWN])
    assert [(column, answer) for (_, column, _), answer in zip(SHOWN, told, strict=True)] == [
        (column, shown) for _, column, shown in SHOWN
    ]


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_what_is_chosen_for_a_column_takes_the_place_of_what_it_meant() -> None:
    told = answered([(name, values) for name, values, _ in CHANGED])
    assert told == [words for _, _, words in CHANGED]
