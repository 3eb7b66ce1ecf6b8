"""Write keys: the secrets by which sources may send."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.process.secret_lookup import SecretLookup
from streamprocessor.process.stored_secrets import stored_pairs
from streamprocessor.settings import Settings


def write_keys_of(settings: Settings) -> SecretLookup:
    """The sources by their keys; where none are set, one of a random key that stays in the data folder."""
    file = write_keys_file(settings.data_path)
    return SecretLookup(stored_pairs(settings.write_keys, file, "STREAMPROCESSOR_WRITE_KEYS"))


def write_keys_file(data_folder: Path) -> Path:
    """The file of the write keys, unless a setting names another."""
    return data_folder / "write-keys"
