"""YAML files as tests read them: YAML 1.2, nothing but plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read_yaml(path: Path) -> Any:
    """The one document of the file."""
    return YAML(typ="safe", pure=True).load(path.read_text())
