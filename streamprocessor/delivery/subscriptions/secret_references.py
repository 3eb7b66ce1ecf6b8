"""Secrets and addresses by reference: env:NAME, file:PATH."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamprocessor.delivery.subscriptions.small_files import read_small_text
from streamprocessor.errors import OperatorError

MOST_BYTES = 8 * 1024


@dataclass(frozen=True)
class SecretReferences:
    """Where references lead. environment: for env:NAME. folder: where the paths of file:PATH begin."""

    environment: Mapping[str, str]
    folder: Path

    def resolved(self, reference: str, where: str) -> str:
        """The text that is referred to; a text that is no reference stands for itself.

        Raises OperatorError, with `where` and the reference in it, where nothing is there that can be used.
        """
        kind, _, place = reference.partition(":")
        if kind == "env":
            secret = self.environment.get(place, "").strip()
        elif kind == "file":
            try:
                secret = read_small_text(self.folder / place, MOST_BYTES).strip()
            except (OSError, ValueError) as error:
                wanted = f"a regular file of at most {MOST_BYTES} bytes in UTF-8"
                message = f"{where}: {reference} can't be read: {type(error).__name__}; wanted {wanted}"
                raise OperatorError(message) from error
        else:
            return reference
        if not secret:
            message = f"{where}: wanted something in {reference}; got nothing"
            raise OperatorError(message)
        return secret
