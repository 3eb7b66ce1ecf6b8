"""The threat model names tests that are there."""

from __future__ import annotations

import re

from streamprocessor.contract.topics.roles import ROLES
from tests.harness.system import ROOT

PAGE = ROOT / "deploy" / "threat-model.md"


def test_each_test_that_the_threat_model_names_is_there() -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", PAGE.read_text(encoding="utf-8")))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert len(named) > 20
    assert named - written == set()


def test_each_role_is_in_the_page_of_rights() -> None:
    page = (ROOT / "deploy" / "rights.md").read_text(encoding="utf-8")
    assert [role for role in ROLES if f"| `{role}`" not in page] == []
