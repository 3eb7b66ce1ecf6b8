"""The fields that all facts have in common: contact, time, id; each read strictly."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

import orjson

from streamprocessor.contract import reason_codes
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.contract.placeholder_ids import is_placeholder
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError
from streamprocessor.scoring.record.facts import HUMAN, PROXY, SCANNER

MAX_KEY_BYTES = 256
MAX_ID_CHARS = 128
BROWSER_ID_PREFIX = "browser:"  # of ids of events that came with a browser key
MAX_AHEAD_MS = 5 * 60_000
OLDEST_INTEGER_MS = 100_000_000_000

CONTROL_CHARACTERS = "\x00-\x1f\x7f-\x9f\u2028\u2029"  # as a class of a pattern has them: no id holds one

_CONTROL = re.compile(f"[{CONTROL_CHARACTERS}]")

ACTORS = (HUMAN, PROXY, SCANNER)


def contact_of(key: bytes | None) -> str:
    """The contact that a record's key names; raises RecordError no-contact, bad-key or placeholder-id."""
    contact = kept_contact_of(key)
    if is_placeholder(contact):
        raise RecordError(reason_codes.PLACEHOLDER_ID, "contact: wanted somebody's id; got a text that stands for none")
    return contact


def kept_contact_of(key: bytes | None) -> str:
    """The contact that a key names, also by an id that stands for nobody, for versions before this one kept such.

    Raises RecordError no-contact or bad-key.
    """
    if not key:
        raise RecordError(reason_codes.NO_CONTACT, "key: wanted the contact's id; got none")
    if len(key) > MAX_KEY_BYTES:
        raise RecordError(reason_codes.BAD_KEY, f"key: wanted at most {MAX_KEY_BYTES} bytes; got {len(key)}")
    try:
        contact = key.decode()
    except UnicodeDecodeError as error:
        raise RecordError(
            reason_codes.BAD_KEY, f"key: wanted UTF-8; got {error.reason} at byte {error.start}"
        ) from error
    if not contact.isprintable():
        _refuse_control_characters(contact, "key", reason_codes.BAD_KEY)
    return contact


def _refuse_control_characters(text: str, where: str, reason: str) -> None:
    """Raise RecordError where an id could not be shown, or not be asked for: it would steer a terminal, end a line."""
    control = _CONTROL.search(text)
    if control is not None:
        got = f"U+{ord(control[0]):04X} at character {control.start()}"
        raise RecordError(reason, f"{where}: wanted no control characters; got {got}")


def check_contact(contact_id: object, contact: str) -> None:
    """Raise RecordError contact-mismatch unless contact_id is the contact of the key, or None."""
    if (
        contact_id is not None
        and contact_id != contact
        and not (type(contact_id) is int and str(contact_id) == contact)
    ):
        raise RecordError(reason_codes.CONTACT_MISMATCH, "contact_id: wanted what the key says; got another contact")


def instant_ms_of(value: object, where: str) -> int | None:
    """Milliseconds since the epoch of a time in RFC 3339 or an integer; None of None.

    Raises RecordError bad-time. The earliest integer is in 1973: a smaller one is a time in seconds.
    """
    if value is None:
        return None
    if type(value) is str:
        instant_ms = parse_rfc3339(value)
        if instant_ms is not None and instant_ms >= 0:
            return instant_ms
    elif type(value) is int and value >= OLDEST_INTEGER_MS:
        return value
    expected = "RFC 3339 with an offset, or integer epoch milliseconds, since 1970"
    raise RecordError(reason_codes.BAD_TIME, f"{where}: wanted {expected}; got {shown_value(value)}")


def bounded_by_arrival(occurred_at_ms: int, arrival_ms: int) -> int:
    """The time at which a fact counts: never after its arrival.

    Raises RecordError from-the-future where it is more than MAX_AHEAD_MS ahead of the arrival.
    """
    if occurred_at_ms > arrival_ms + MAX_AHEAD_MS:
        ahead_ms = occurred_at_ms - arrival_ms
        detail = f"occurred_at: wanted at most {MAX_AHEAD_MS} ms ahead of the arrival; got {ahead_ms} ms"
        raise RecordError(reason_codes.FROM_THE_FUTURE, detail)
    return min(occurred_at_ms, arrival_ms)


def id_of(value: object) -> str | None:
    """An id as a text of at most 128 characters, a longer one as its hash; None of None. Raises RecordError bad-id."""
    if value is None:
        return None
    text = str(value) if type(value) is int else value
    if type(text) is not str or not text:
        raise RecordError(
            reason_codes.BAD_ID, f"id: wanted a text that is not empty, or an integer; got {kind_of(value)}"
        )
    if not text.isprintable():
        _refuse_control_characters(text, "id", reason_codes.BAD_ID)
    return text if len(text) <= MAX_ID_CHARS else blake2b(text.encode(), digest_size=16).hexdigest()


def content_key(content: list[Any]) -> str:
    """The id of a fact that has none: a hash of its content."""
    return blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
