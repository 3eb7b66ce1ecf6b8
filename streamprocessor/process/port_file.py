"""The file in which a process says its port, for who started it on any free one."""

from __future__ import annotations

from pathlib import Path


def tell_port(file: str, port: int) -> None:
    """Write the port into the file; nothing where no file is named."""
    if file:
        Path(file).write_text(f"{port}\n", encoding="utf-8")
