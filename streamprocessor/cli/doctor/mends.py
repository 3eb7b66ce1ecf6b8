"""Lines to type that mend what was found, made of settings and commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection

from streamprocessor.settings import PREFIX, Settings

A_SECRET = "$(openssl rand -hex 24)"

_IN_FILE = re.compile(r"^(\S+\.env):([0-9]+): ")
_ASSIGNED = re.compile(rf"{PREFIX}[A-Z0-9_]+=[A-Za-z0-9_.-]+")
_NAMED = re.compile(rf"{PREFIX}([A-Z0-9_]+)")


def set_to(name: str, value: object) -> str:
    """The line that gives the setting a value, in the shell or in the settings' file. value: as the shell reads it."""
    return f"export {PREFIX}{name.upper()}={value}"


def of_settings(sentence: str, options: Collection[str]) -> str:
    """How settings that can't be are mended: left out of the command line or the file, unset, or given their default.

    options: names of the settings that the command line gives.
    """
    place = _IN_FILE.match(sentence)
    if place is not None:
        return f"sed -i '{place[2]}s/^/# /' {shlex.quote(place[1])}"
    return "; ".join(_without(name.lower(), options) for name in dict.fromkeys(_NAMED.findall(sentence)))


def _without(name: str, options: Collection[str]) -> str:
    if name in options:
        return f"# leave out --{name.replace('_', '-')}, or give it another value"
    field = Settings.model_fields.get(name)
    if field is None or not field.repr:
        return f"unset {PREFIX}{name.upper()}"
    return set_to(name, shlex.quote(str(field.default)))


def of_kafka(sentence: str, bootstrap: str) -> str:
    """What the sentence says to set, where it does; else the look at whether anything answers there."""
    assigned = _ASSIGNED.findall(sentence)
    if assigned:
        return "; ".join(f"export {each}" for each in dict.fromkeys(assigned))
    named = [each for each in dict.fromkeys(_NAMED.findall(sentence)) if each != "BOOTSTRAP"]
    if named:
        return "; ".join(set_to(each, "...") for each in named)
    host, _, port = bootstrap.split(",")[0].rpartition(":")
    return f"nc -vz {shlex.quote(host.strip('[]'))} {shlex.quote(port)}"
