"""Secrets and addresses by reference: env:NAME, file:PATH."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streamprocessor.errors import OperatorError


def resolved(reference: str, environment: Mapping[str, str], where: str) -> str:
    """The text that is referred to; a text that is no reference stands for itself.

    Raises OperatorError, with `where` and the reference in it, where nothing is there.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        secret = environment.get(place, "").strip()
    elif kind == "file":
        try:
            secret = Path(place).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{where}: {reference} can't be read: {type(error).__name__}; wanted a file with it"
            raise OperatorError(message) from error
    else:
        return reference
    if not secret:
        message = f"{where}: wanted something in {reference}; got nothing"
        raise OperatorError(message)
    return secret
