"""The bearer token of delivery's own API: the setting's, else one that was made at first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

TOKEN_FILE = "delivery-token"


def kept_token(said: str, folder: Path) -> str:
    """The token; where none is said, that of the folder's file, which its owner alone can read."""
    if said:
        return said
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / TOKEN_FILE
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="utf-8").strip()
    token = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="utf-8") as made:
        made.write(f"{token}\n")
    return token
