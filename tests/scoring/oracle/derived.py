"""Derived properties, read from the law a second time: an event as rules see it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlparse

from streamprocessor.scoring.model.derivation import Derivation
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import Event
from tests.scoring.oracle.evidence import ABSENT, canonical_json, value_in_event


def with_derived(model: Model, event: Event) -> Event:
    """The event with what the model makes of it in the place of its own; what is made of a path is so of its own."""
    made = {each.path.removeprefix("properties."): made_of(each, event) for each in model.derivations}
    return event._replace(
        properties=event.properties | {name: value for name, value in made.items() if value is not ABSENT}
    )


def made_of(derivation: Derivation, event: Event) -> Any:
    value = value_in_event(event, derivation.source)
    if not isinstance(value, str | int | float):
        return ABSENT
    text = value if isinstance(value, str) else canonical_json(value)
    if derivation.takes_host:
        text = urlparse(text).hostname or ""
    if derivation.pattern is not None:
        found = re.search(derivation.pattern, text)
        text = "" if found is None else next(iter(found.groups()), found.group()) or ""
    if text == "":
        return ABSENT
    if derivation.lowers:
        text = text.lower()
    return text if derivation.table is None else dict(derivation.table).get(text, ABSENT)
