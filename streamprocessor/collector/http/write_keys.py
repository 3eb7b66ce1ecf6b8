"""Where the keys are that senders show."""

from __future__ import annotations

from pathlib import Path


def write_keys_file(data_folder: Path) -> Path:
    """Where the write keys are, unless a setting says otherwise."""
    return data_folder / "write-keys"
