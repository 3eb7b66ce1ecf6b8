"""What a data folder holds that a test has to know."""

from __future__ import annotations

from pathlib import Path


def secret(folder: Path, name: str) -> str:
    """The secret of the one line `name=secret` that a first start writes into a file of this name."""
    return (folder / name).read_text().strip().partition("=")[2]
