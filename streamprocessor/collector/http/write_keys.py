"""Write keys: the secrets by which sources may send."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path


class WriteKeys:
    """The sources that may send, each by its key."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """keys: by source."""
        self._pepper = secrets.token_bytes(32)
        self._sources = {self._digest(key): source for source, key in keys.items()}

    def source_of(self, offered: str) -> str | None:
        """The source whose key it is; None where it is nobody's.

        The time it takes tells nothing of the keys: only keyed hashes are compared.
        """
        return self._sources.get(self._digest(offered))

    def _digest(self, key: str) -> bytes:
        return blake2b(key.encode("utf-8", "surrogatepass"), key=self._pepper, digest_size=16).digest()


def write_keys_file(data_folder: Path) -> Path:
    """The file of the write keys, unless a setting names another."""
    return data_folder / "write-keys"
