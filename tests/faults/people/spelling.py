"""One mail address as many hands write it."""

from __future__ import annotations

import random
import unicodedata


def spelled(chance: random.Random, address: str) -> str:
    """The address, spelled in one of the ways that mean the same mailbox."""
    local, _, domain = address.partition("@")
    return chance.choice(
        (
            address,
            address.upper(),
            f" {address.title()}\u00a0",
            f"{local[:1]}\u200b{local[1:]}@{domain}",
            unicodedata.normalize("NFD", address),
            f"{local}@{domain.encode('idna').decode()}",
        )
    )
