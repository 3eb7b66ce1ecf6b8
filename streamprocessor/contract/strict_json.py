"""JSON read strictly: one meaning for each text, or none."""

from __future__ import annotations

import json
from typing import Any

import orjson

from streamprocessor.contract import reason_codes
from streamprocessor.errors import RecordError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 254  # the deepest that orjson writes

_SPACE = b" \n\r\t"


def read_object(text: bytes) -> dict[str, Any]:
    """The object that the text spells; raises RecordError too-large, not-json, not-an-object or too-deep.

    A name twice in one object is not JSON here: readers would differ on what it means.
    """
    if len(text) > MAX_BYTES:
        raise RecordError(reason_codes.TOO_LARGE, f"value: wanted at most {MAX_BYTES} bytes; got {len(text)}")
    try:
        content = orjson.loads(text)
        rewritten = orjson.dumps(content)
    except orjson.JSONDecodeError as error:
        if "depth limit" in error.msg:
            raise _too_deep() from error
        raise RecordError(reason_codes.NOT_JSON, f"value: wanted JSON; got an error: {error}") from error
    except orjson.JSONEncodeError as error:  # what was just read can be written, but for its depth
        raise _too_deep() from error
    if type(content) is not dict:
        raise _not_an_object(content)
    # Written again, an object has each name once. So where the two texts are equal, but for space, no name came twice;
    # where they are not (other escapes, other spellings of numbers), a slower reader looks.
    if rewritten != text and rewritten.translate(None, _SPACE) != text.translate(None, _SPACE):
        json.loads(text, object_pairs_hook=object_of_names)
    return content


def checked_object(content: object) -> dict[str, Any]:
    """The content, which is an object of a depth that can be written; raises RecordError not-an-object or too-deep."""
    if type(content) is not dict:
        raise _not_an_object(content)
    try:
        orjson.dumps(content)
    except orjson.JSONEncodeError as error:
        raise _too_deep() from error
    return content


def object_of_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these names and values, for json.loads; raises RecordError not-json where a name comes twice."""
    content = dict(pairs)
    if len(content) != len(pairs):
        raise RecordError(reason_codes.NOT_JSON, "value: wanted each name once in an object; got one twice")
    return content


def kind_of(value: object) -> str:
    """What a person calls a JSON value of this type; never the value itself, which may be personal."""
    return _KINDS.get(type(value), "a number")


_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}


def _not_an_object(content: object) -> RecordError:
    return RecordError(reason_codes.NOT_AN_OBJECT, f"value: wanted a JSON object; got {kind_of(content)}")


def _too_deep() -> RecordError:
    return RecordError(reason_codes.TOO_DEEP, f"value: wanted at most {MAX_DEPTH} levels of objects and lists")
