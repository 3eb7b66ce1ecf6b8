"""Secrets that delivery made for subscriptions, in memory as they are stored: sealed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from streamprocessor.contract.subscriptions.references import KEPT, kept_reference
from streamprocessor.delivery.subscriptions.secret_box import SecretBox
from streamprocessor.errors import OperatorError

FORMER_SIGNS_MS = 86_400_000
"""For so long what stands behind a kept secret goes on signing, beginning when that one was made."""

_SECRET_BYTES = 32


class KeptSecret(NamedTuple):
    """A sealed secret. made_ms: when it was made, in epoch milliseconds."""

    sealed: bytes
    made_ms: int


class KeptSecrets:
    """The kept secrets by their references, and the box that opens them. clock_ms: now, in epoch milliseconds."""

    def __init__(self, box: SecretBox, clock_ms: Callable[[], int]) -> None:
        self._box = box
        self._clock_ms = clock_ms
        self._known: Mapping[str, KeptSecret] = {}  # replaced, never changed: threads read it

    @property
    def known(self) -> Mapping[str, KeptSecret]:
        """All of them."""
        return self._known

    def know(self, known: Mapping[str, KeptSecret]) -> None:
        """Have these, and no others."""
        self._known = dict(known)

    def made(self, subscription: str) -> tuple[int, str, KeptSecret]:
        """A new secret for the subscription: its number, itself, and sealed; nobody knows it yet."""
        number = 1 + max((number for name, number in map(_place_of, self._known) if name == subscription), default=0)
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"
        sealed = self._box.sealed(kept_reference(subscription, number), secret)
        return number, secret, KeptSecret(sealed, self._clock_ms())

    def opened(self, reference: str, where: str) -> str:
        """The secret; raises OperatorError, with `where` in it, where it is not here or can't be opened."""
        kept = self._known.get(reference)
        if kept is None:
            message = f"{where}: wanted a secret that delivery keeps; {reference} is none: make a new one on the page"
            raise OperatorError(message)
        try:
            return self._box.opened(reference, kept.sealed)
        except OperatorError as error:
            message = f"{where}: {error}; make a new one on the page"
            raise OperatorError(message) from error

    def ends_ms(self, references: Iterable[str]) -> tuple[int, int | None]:
        """How many of the references sign for good, and until when those behind them do; None: there are none."""
        listed = list(references)
        for position, reference in enumerate(listed[:-1], 1):
            if KEPT.fullmatch(reference):
                kept = self._known.get(reference)
                return position, 0 if kept is None else kept.made_ms + FORMER_SIGNS_MS
        return len(listed), None

    def in_use(self, references: Iterable[str]) -> list[str]:
        """Those of the references that sign at this moment."""
        listed = list(references)
        lasting, until_ms = self.ends_ms(listed)
        return listed if until_ms is None or self._clock_ms() < until_ms else listed[:lasting]


def _place_of(reference: str) -> tuple[str, int]:
    found = KEPT.fullmatch(reference)
    assert found is not None
    return found[1], int(found[2])
