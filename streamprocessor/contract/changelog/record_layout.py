"""The layout of a contact's record: msgpack arrays, read and written by the library."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

Wide: TypeAlias = int | str
"""An integer; as text where it does not fit into 64 bits."""

Live: TypeAlias = list[tuple[int, Wide]]


class RuleLayout(msgspec.Struct, array_like=True):
    """A compacted rule; fields as in CompactedRule."""

    count: int
    amount: Wide
    half_life_ms: float | None
    at_ms: float
    live: Live
    slots: bytes


class CompactedLayout(msgspec.Struct, array_like=True):
    """The compacted evidence of a contact, or of one value of a `by` score; fields as in Compacted."""

    newest_ms: int
    rules: dict[str, RuleLayout]
    lasts: dict[str, int]
    by: dict[str, dict[str, CompactedLayout]] = {}


class ValueLayout(msgspec.Struct, array_like=True):
    """The derived state of one value of a `by` score; fields as in Derived, without those of the contact."""

    sums: dict[int, Wide]
    live: dict[int, Live]
    lasts: dict[int, int]
    slots: bytes


StampLayout: TypeAlias = tuple[int, str]
_NEVER: StampLayout = (-1, "")


class ClaimLayout(msgspec.Struct, array_like=True):
    """What is known of the link of two contacts; fields as in MergeClaim."""

    first: StampLayout
    last: StampLayout
    parted: StampLayout
    browser_first: StampLayout = _NEVER
    browser_last: StampLayout = _NEVER


class SourceLayout(msgspec.Struct, array_like=True):
    """The evidence of one contact that counts for another; fields as in EvidenceSource.

    suppressed_by: the type of `suppressed`.
    """

    id: str
    into: str
    stamp: StampLayout
    first_ms: int | None
    attributes: dict[str, list[Any]]
    suppressed: tuple[bool, int, str]
    verdicts: dict[str, tuple[int, str, str, int]]
    folded: CompactedLayout | None
    packed_count: int
    packed: bytes
    names: msgspec.Raw
    marks: bytes
    suppressed_by: str = ""


class LinksLayout(msgspec.Struct, array_like=True):
    """Identity links and objections; fields as in IdentityLinks."""

    life_ms: int
    objected: tuple[bool, int, str]
    claims: dict[str, ClaimLayout]
    wants: dict[str, ClaimLayout]
    linked: tuple[str, StampLayout] | None
    version: int
    is_silent: bool
    first_ms: int | None
    parts: dict[str, tuple[int, list[SourceLayout]]]
    rivals: dict[str, tuple[int, tuple[str, ...]]] = {}


class Head(msgspec.Struct, array_like=True, gc=False):
    """A record as it lies in bytes; new fields go to the end, with a default.

    suppressed, suppressed_by: Record.suppressed, and its type.
    suppression: that of Derived; None: nobody said anything.
    """

    revision: int
    sequence: int
    at_ms: int
    offsets: dict[int, int]
    attributes: dict[str, list[Any]]
    suppressed: tuple[bool, int, str]
    shown: dict[str, tuple[int | None, str | None]]
    episodes: dict[str, tuple[int, int | None]]
    holds_until_ms: int | None
    verdicts: dict[str, tuple[int, str, str, int]]
    folded: CompactedLayout | None
    fold_at_ms: int | None
    packed_count: int
    packed: bytes
    newest_ms: int
    first_ms: int | None
    sums: dict[int, Wide]
    live: dict[int, Live]
    lasts: dict[int, int]
    slots: bytes
    has_wide: bool
    names: msgspec.Raw
    marks: bytes
    bonds: LinksLayout | None = None
    traces: bytes = b""
    values: dict[str, dict[str, tuple[int, str | None]] | None] = {}
    by: dict[str, dict[str, ValueLayout]] = {}
    suppressed_by: str = ""
    suppression: tuple[bool, int, str, str] | None = None


encode = msgspec.msgpack.Encoder().encode
decode_head = msgspec.msgpack.Decoder(Head).decode
decode_names = msgspec.msgpack.Decoder(list[str]).decode
decode_pieces = msgspec.msgpack.Decoder(list[list[Any]]).decode
