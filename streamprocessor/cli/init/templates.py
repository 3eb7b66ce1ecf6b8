"""The models that come along, by name: `deploy/models`."""

from __future__ import annotations

import re
from pathlib import Path

from streamprocessor.bundled_files import path_of

TEMPLATES = "deploy/models"

_SCHEMA_LINE = re.compile(r"^# yaml-language-server: \$schema=.*$", re.MULTILINE)


def template_names() -> list[str]:
    """Their names, in order."""
    return sorted(path.stem for path in Path(path_of(TEMPLATES)).glob("*.yaml"))


def template_text(name: str, schema_file: str) -> str:
    """The text of the template, for a file that has its schema beside it under that name."""
    text = Path(path_of(TEMPLATES), f"{name}.yaml").read_text(encoding="utf-8")
    return _SCHEMA_LINE.sub(f"# yaml-language-server: $schema={schema_file}", text, count=1)
