"""The bearer token of delivery's own API: the setting's, else one that was made at first start."""

from __future__ import annotations

import secrets
from pathlib import Path

from streamprocessor.process.kept_secrets import made_once

TOKEN_FILE = "delivery-token"


def kept_token(said: str, folder: Path) -> str:
    """The token; where none is said, that of the folder's file, which its owner alone can read."""
    return said or made_once(folder / TOKEN_FILE, f"{secrets.token_urlsafe(32)}\n").read_text(encoding="utf-8").strip()
