"""What of a form is stored: never what is private; the address and the few attributes that it tells of a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import orjson

from streamprocessor.collector.http.wire_format import TopicEntry, update_entry
from streamprocessor.collector.tracking.card_numbers import holds_card_number
from streamprocessor.contract.access_policy import Act
from streamprocessor.contract.events.event_fields import content_key

MAX_FIELDS = 100
MAX_NAME_CHARS = 100
MAX_VALUE_CHARS = 1000
MAX_FIELDS_BYTES = 16 * 1024  # of all together, as JSON: half of what an event may be
MAX_ADDRESS_CHARS = 254

# beacon.js holds the same rules: what is private is to stay in the browser. These are for forms without a script.
_PRIVATE_NAME = re.compile(
    r"pass.?(?:w|code|phrase)|pwd|secret|token|csrf|card.?n|cc.?(?:n|exp|csc)|credit.?card|cvc|cvv|csc|iban|ssn|"
    r"social.?sec|tax.?id|passport",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,200}\.[^\s@<>,;:\"()\[\]\\.]{2,63}")

# The attributes that a form may write, by names that forms use. Nothing by which a person could be harmed.
_ATTRIBUTES = {
    "company": "company",
    "organization": "company",
    "company_name": "company",
    "company_size": "company_size",
    "employees": "company_size",
    "job_title": "job_title",
    "jobtitle": "job_title",
    "organization_title": "job_title",
    "role": "role",
    "industry": "industry",
    "country": "country",
}


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


def address_in(fields: Mapping[str, str]) -> str | None:
    """The mail address in the first field that is named as one, None where there is none."""
    return next((value.strip() for name, value in fields.items() if "mail" in name.lower() and is_address(value)), None)


def is_address(text: str) -> bool:
    """Whether a text has the form of one mail address."""
    return len(text) <= MAX_ADDRESS_CHARS and _ADDRESS.fullmatch(text.strip()) is not None


def attributes_update(
    fields: Mapping[str, str], event_id: str, contact_id: str, occurred_at_ms: int
) -> list[TopicEntry]:
    """The `attributes` update that the fields make, none where no field is an attribute."""
    attributes: dict[str, str] = {}
    for name, text in fields.items():
        attribute = _ATTRIBUTES.get(re.sub(r"[\s-]+", "_", name.strip().lower()))
        if attribute and text.strip():
            attributes.setdefault(attribute, text.strip())
    if not attributes:
        return []
    update_id = content_key(["attributes", contact_id, event_id])
    entry = update_entry(update_id, contact_id, occurred_at_ms, {"update": "attributes", "attributes": attributes})
    return [entry._replace(act=Act.TRAITS)]
