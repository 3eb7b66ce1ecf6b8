from __future__ import annotations

from pathlib import Path

from streamprocessor.collector import formats
from streamprocessor.collector.formats import registry


def test_every_module_of_a_format_is_in_the_registry() -> None:
    modules = {
        path.stem for path in Path(str(formats.__file__)).parent.glob("*.py") if "\ndef formats(" in path.read_text()
    }
    assert modules == set(registry._NAMES)
