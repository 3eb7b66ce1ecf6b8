"""The table of stored versions in deploy/upgrades.md says what the code writes."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| .+ \| .+ \| (\S+) \| `(streamprocessor\.[\w.]+)\.(\w+)` \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "deploy" / "upgrades.md").read_text())


def test_every_module_with_a_stored_version_has_its_row() -> None:
    constants = re.compile(r"^(?:SCHEMA_)?VERSION = \d+$", re.MULTILINE)
    with_one = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "streamprocessor").rglob("*.py")
        if constants.search(path.read_text())
    }
    assert with_one <= {module for _, module, _ in ROWS}


@pytest.mark.parametrize(("version", "module", "name"), ROWS)
def test_a_row_says_the_version_that_is_written(version: str, module: str, name: str) -> None:
    value = getattr(importlib.import_module(module), name)
    assert version == (value.decode() if isinstance(value, bytes) else str(value))
