"""Whose form it is that an SDK tells of: the mail address that was typed into it, where the event holds its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamprocessor.contract.field_words import FieldHints, FormWords, read_form_words

_FIELDS = ("fields", "form_fields", "formFields", "form_data", "formData")
_ELEMENTS = "elements"


def typed_address(properties: Mapping[str, Any]) -> str | None:
    """The address of who sent the form, None where the event does not say.

    It is looked for among the form's fields, as an object (`fields`) or a list of name, value and type (`elements`);
    else among the event's own properties, where only a name says what is an address: others may be the site's.
    """
    words = _words()
    elements = properties.get(_ELEMENTS)
    if isinstance(elements, list):
        return _address_among(elements, words)
    for name in _FIELDS:
        fields = properties.get(name)
        if isinstance(fields, Mapping):
            return words.submitters_address(_texts(fields)).address
    return words.named_address(_texts(properties))


def _address_among(elements: list[Any], words: FormWords) -> str | None:
    fields: dict[str, str] = {}
    by_type: list[str] = []
    hidden: list[str] = []
    for element in elements:
        if not isinstance(element, Mapping):
            continue
        name, value, kind = element.get("name"), element.get("value"), element.get("type")
        if isinstance(name, str) and isinstance(value, str):
            fields[name] = value
            if kind == "email":
                by_type.append(name)
            elif kind == "hidden":
                hidden.append(name)
    return words.submitters_address(fields, FieldHints(by_type[0] if len(by_type) == 1 else None, hidden)).address


def _texts(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _words() -> FormWords:
    return read_form_words(with_people=True)  # what becomes attributes does not matter here
