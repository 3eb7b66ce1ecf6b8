"""What clients ask with: query parameters and bodies, checked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationError
from starlette.datastructures import QueryParams

from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.strict_filters import ContactFilter
from streamprocessor.scoring.model.contact_filter import LARGEST_POINTS, MAX_TEXT
from streamprocessor.scoring.model.model import END_OF_TIME_MS

CSV = "csv"
_MOST_LISTED = 200


def _instant(text: str) -> str:
    if instant_ms(text) is None:
        message = "wanted RFC 3339 with an offset, or epoch milliseconds"
        raise ValueError(message)
    return text


def instant_ms(text: str) -> int | None:
    """Epoch milliseconds of an instant as clients spell it; None where the text is none."""
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return min(int(text), END_OF_TIME_MS)
    found = parse_rfc3339(text)
    return None if found is None else max(0, found)


Text = Annotated[str, Field(max_length=MAX_TEXT)]
Word = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Points = Annotated[float, Field(ge=-LARGEST_POINTS, le=LARGEST_POINTS, allow_inf_nan=False)]
Instant = Annotated[str, Field(max_length=40, description="RFC 3339 or epoch ms."), AfterValidator(_instant)]
Limit = Annotated[int, Field(ge=1, le=_MOST_LISTED)]
Cursor = Annotated[str, Field(max_length=4_096, description="`next` of the page before.")]


class Filter(RootModel[ContactFilter]):
    """Which contacts are meant."""


class Nothing(BaseModel):
    """No parameters."""

    model_config = ConfigDict(extra="forbid")


class At(Nothing):
    """An instant, past or future."""

    at: Instant | None = None


class Explained(At):
    """What is to be explained."""

    score: Word | None = Field(None, description="This one alone.")


class Forecasted(Nothing):
    """How far ahead, and how finely."""

    score: Word | None = Field(None, description="The model's first one without it.")
    value: Text = Field("", description="Which one of a `by` score.")
    until: Instant | None = Field(None, description="30 days ahead without it.")
    samples: Annotated[int, Field(ge=2, le=500)] = 120


class Paged(Nothing):
    """A part of a list."""

    limit: Limit = 50
    cursor: Cursor | None = None


class Sorted(Paged):
    """A part of a list sorted by a score; `score` without a value is the model's first."""

    score: Word | None = None
    value: Text = Field("", description="Which one of a `by` score.")
    order: Literal["desc", "asc"] = "desc"


class Listed(Sorted):
    """Contacts that are wanted."""

    stage: list[Word] = Field(default=[], max_length=50, description="Of the score that is sorted by; any of these.")
    at_least: Points | None = None
    at_most: Points | None = None
    attribute: list[Annotated[str, Field(max_length=1_100)]] = Field(
        default=[], max_length=50, description="`name:text`, all of these."
    )
    suppressed: bool | None = None

    def wanted(self, score: str) -> ContactFilter:
        """The same as a filter; raises Problem where an attribute has no colon."""
        conditions = []
        for attribute in self.attribute:
            name, colon, text = attribute.partition(":")
            if not (name and colon):
                raise Problem(400, "bad-parameter", "attribute: wanted name:text; got no colon after a name")
            conditions.append({"attribute": name, "equals": text})
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        of_score = {"score": score, "value": self.value, "stages": self.stage} | bounds
        said = {"scores": [of_score], "attributes": conditions, "suppressed": self.suppressed}
        wanted: ContactFilter = checked(Filter, said, "parameters").root
        return wanted


class Buckets(Nothing):
    """How finely a distribution is told."""

    value: Text = ""
    buckets: Annotated[int, Field(ge=2, le=200)] = 20


class Exported(Nothing):
    """How a segment is written."""

    format: Literal["csv", "jsonl"] = "jsonl"


class Imported(Nothing):
    """How an import's body is read."""

    format: Literal["csv", "jsonl", "access-log"] = "jsonl"
    mapping: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")] | None = Field(
        None, description="What a CSV's columns mean: the name of one of those that are here."
    )
    mapping_text: Annotated[str, Field(max_length=16_384)] | None = Field(None, description="The same, as YAML.")


class Resend(Nothing):
    """Which webhooks are sent again."""

    webhook_ids: list[Text] | None = Field(None, max_length=1_000, description="None: all undeliverable ones.")


async def collected(parts: AsyncIterator[bytes], most_bytes: int) -> bytes:
    """The whole body; raises Problem where it is larger."""
    found = bytearray()
    async for part in parts:
        found += part
        if len(found) > most_bytes:
            raise Problem(413, "too-large", f"body: wanted at most {most_bytes} bytes; got more")
    return bytes(found)


def query_of(model: type[BaseModel], given: QueryParams) -> Any:
    """The parameters as the model has them; raises Problem where they are not so."""
    values: dict[str, Any] = {}
    for name in given:
        field = model.model_fields.get(name)
        is_list = field is not None and str(field.annotation).startswith("list")
        values[name] = given.getlist(name) if is_list else given[name]
    return checked(model, values, "parameters")


def body_of(model: type[BaseModel], body: bytes) -> Any:
    """The body as the model has it; raises Problem where it is not so."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _refused(error, "body") from error


def checked(model: type[BaseModel], values: dict[str, Any], what: str) -> Any:
    """The values as the model has them; raises Problem where they are not so."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _refused(error, what) from error


def _refused(error: ValidationError, what: str) -> Problem:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or what
    return Problem(400, "bad-parameter" if what != "body" else "bad-body", f"{where[:200]}: {first['msg']}")
