"""What of a form is stored: never what is private."""

from __future__ import annotations

import re
from collections.abc import Iterable

import orjson

from streamprocessor.collector.tracking.form_reading.card_numbers import holds_card_number

MAX_FIELDS = 100
MAX_NAME_CHARS = 100
MAX_VALUE_CHARS = 1000
MAX_FIELDS_BYTES = 16 * 1024  # of all together, as JSON: half of what an event may be

# beacon.js holds the same rules: what is private is to stay in the browser. These are for forms without a script.
_PRIVATE_NAME = re.compile(
    r"pass.?(?:w|code|phrase)|pwd|secret|token|csrf|card.?n|cc.?(?:n|exp|csc)|credit.?card|cvc|cvv|csc|iban|ssn|"
    r"social.?sec|tax.?id|passport",
    re.IGNORECASE,
)


def stored_fields(fields: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The fields that may be stored, cut to their bounds; several values under one name are one text, with commas.

    Beyond MAX_FIELDS or MAX_FIELDS_BYTES the rest is left out; what is private counts too, for it was looked at.

    Left out: names that begin with _ (ours), names of what is private, values that hold a payment card's number.
    """
    stored: dict[str, str] = {}
    room_bytes = MAX_FIELDS_BYTES
    for name, value in fields:
        if not isinstance(value, str) or not name or len(name) > MAX_NAME_CHARS or name[0] == "_":
            continue
        value = value[:MAX_VALUE_CHARS]
        text = (f"{stored[name]}, {value}" if name in stored else value)[:MAX_VALUE_CHARS]
        room_bytes -= len(orjson.dumps([name, text]))
        if room_bytes < 0:
            break
        if _PRIVATE_NAME.search(name) or holds_card_number(value):
            continue
        if name not in stored and len(stored) == MAX_FIELDS:
            break
        stored[name] = text
    return stored
