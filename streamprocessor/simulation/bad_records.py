"""Records that must end in dead-letters, one maker for each kind of the contract."""

from __future__ import annotations

from random import Random

import orjson

from streamprocessor.contract.topic_names import PAGE_VISIT

_FAR_FUTURE_MS = 7_258_118_400_000  # the year 2200
KINDS = (
    "not-json",
    "cut-short",
    "not-an-object",
    "no-contact",
    "contact-mismatch",
    "bad-time",
    "from-the-future",
    "too-large",
    "bad-properties",
    "equal-names",
)


def draw_bad_record(rng: Random, contact_id: str, at_ms: int) -> tuple[str | None, bytes]:
    """Contact and bytes of one record that can't be used as a page visit, of any of the ten kinds."""
    kind = rng.choice(KINDS)
    return None if kind == "no-contact" else contact_id, bad_value(kind, contact_id, at_ms)


def bad_value(kind: str, contact_id: str, at_ms: int) -> bytes:
    """The bytes of a record of that kind; those of `no-contact` are bad by their missing key alone."""
    good = {"type": PAGE_VISIT, "occurred_at": at_ms, "properties": {"path": "/"}}
    whole = orjson.dumps(good)
    return {
        "not-json": b"path=/&contact=1",
        "cut-short": whole[: len(whole) // 2],
        "not-an-object": b"[1, 2, 3]",
        "no-contact": whole,
        "contact-mismatch": orjson.dumps(good | {"contact_id": f"not-{contact_id}"}),
        "bad-time": orjson.dumps(good | {"occurred_at": "yesterday"}),
        "from-the-future": orjson.dumps(good | {"occurred_at": _FAR_FUTURE_MS}),
        "too-large": orjson.dumps(good | {"properties": {"path": "/", "text": "x" * 300 * 1024}}),
        "bad-properties": orjson.dumps(good | {"properties": "path=/"}),
        "equal-names": whole[:-1] + b',"type":"email_open"}',
    }[kind]
