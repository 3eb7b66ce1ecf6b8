from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.scoring import kinds
from streamprocessor.scoring.kinds.registry import KIND_OF, RULE_KINDS
from streamprocessor.scoring.kinds.rule_kind import RuleKind

NO_KINDS = {"__init__", "registry", "rule_kind"}


def test_every_module_of_a_kind_is_in_the_registry() -> None:
    modules = {path.stem for path in Path(str(kinds.__file__)).parent.glob("*.py")} - NO_KINDS
    assert modules == {kind.rule.__module__.rpartition(".")[2] for kind in RULE_KINDS}


def test_no_two_kinds_share_a_word_or_a_class() -> None:
    assert len({kind.word for kind in RULE_KINDS}) == len(KIND_OF) == len(RULE_KINDS)


@pytest.mark.parametrize("kind", RULE_KINDS, ids=lambda kind: kind.word)
def test_a_kind_has_a_word_for_each_field_of_its_rules(kind: RuleKind[Any]) -> None:
    of_all = {"id", "types", "where", "group", "limit"}
    bands = set() if kind.bands is None else {"bands"}
    assert {field.name for field in fields(kind.rule)} == of_all | bands | {spec.field for spec in kind.words}
