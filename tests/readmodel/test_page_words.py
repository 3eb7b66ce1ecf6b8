"""How the page writes numbers and rules, and what it keeps of an address as a view; run by node, without a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "streamprocessor" / "readmodel" / "page"
ASKED = """
import {number, allDecimals, count, percent, reasons, spelled} from './parts/format.js';
import {viewOf} from './views/contacts/saved_views.js';

const viewOfText = (text) => viewOf(new URLSearchParams(text));
const functions = {number, allDecimals, count, percent, reasons, spelled, viewOf: viewOfText};
console.log(JSON.stringify(JSON.parse(process.argv[1]).map(([name, value]) => functions[name](value))));
"""
CASES: list[tuple[str, Any, Any]] = [
    ("number", 41, "41"),
    ("number", 20.13043147, "20.13"),
    ("number", -61.204997899, "-61.2"),
    ("number", 0.001, "0"),
    ("number", 1234567.891, "1\u202f234\u202f567.89"),
    ("number", -999999, "-999\u202f999"),
    ("number", None, "–"),
    ("allDecimals", 20.13043147, "20.13043147"),
    ("allDecimals", 12345.000000001, "12\u202f345.000000001"),
    ("count", 999, "999"),
    ("count", 1000, "1\u202f000"),
    ("percent", 99.96, "100.0\xa0%"),
    (
        "reasons",
        [{"rule": "contact-us"}, {"group": "looks"}, {"rule": "engagement/contact-us"}],
        "contact us\xa0×\xa02, looks",
    ),
    ("reasons", [{"rule": "open", "earlier": True, "count": 40}, {"rule": "open", "count": 2}], "open\xa0×\xa042"),
    ("reasons", [{"rule": "open"}, {"rule": "open", "cut": True}, {"cut": True}], "open"),
    ("reasons", [], ""),
    ("spelled", "engagement/looked_at-prices", "looked at prices"),
    ("viewOf", "", {}),
    ("viewOf", "view=mine&cursor=x&stage=hot&stage=warm&at_least=20", {"stage": ["hot", "warm"], "at_least": 20}),
    ("viewOf", "segment=vip&stage=hot&columns=owner&columns=", {"segment": "vip", "columns": ["owner"]}),
]


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_numbers_rules_and_views_are_written_in_one_way() -> None:
    asked = json.dumps([[name, value] for name, value, _ in CASES])
    command = ["node", "--input-type=module", "--eval", ASKED, asked]
    done = subprocess.run(command, cwd=PAGE, capture_output=True, text=True, timeout=60, check=True)

    told = json.loads(done.stdout)
    assert [(name, value, answer) for (name, value, _), answer in zip(CASES, told, strict=True)] == CASES
