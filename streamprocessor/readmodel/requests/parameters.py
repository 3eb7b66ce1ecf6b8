"""What clients ask with: query parameters and bodies, checked by their shape."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationError, model_validator

from streamprocessor.contract.changelog.entry import MAX_CONTACT_KEY_BYTES
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.strict_filters import ContactFilter
from streamprocessor.scoring.model.contact_filter import LARGEST_POINTS, MAX_TEXT
from streamprocessor.scoring.model.model import END_OF_TIME_MS

_MOST_LISTED = 200
_LONGEST_NAME = 100
MOST_COLUMNS = 100


def _instant(text: str) -> str:
    if instant_ms(text) is None:
        message = "wanted RFC 3339 with an offset, or epoch milliseconds"
        raise ValueError(message)
    return text


def instant_ms(text: str) -> int | None:
    """Epoch milliseconds of an instant as clients spell it; None where the text is none."""
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return min(int(text), END_OF_TIME_MS)
    at_ms = parse_rfc3339(text)
    return None if at_ms is None else max(0, at_ms)


_NARROWING = {
    *("stage", "at_least", "at_most", "attribute", "attribute_contains", "attribute_starts_with", "suppressed"),
}
PathName = Annotated[str, Path(min_length=1)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
NonEmptyText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Points = Annotated[float, Field(ge=-LARGEST_POINTS, le=LARGEST_POINTS, allow_inf_nan=False)]
InstantText = Annotated[str, Field(max_length=40, description="RFC 3339 or epoch ms."), AfterValidator(_instant)]
NamedText = Annotated[str, Field(max_length=1_100)]
ColumnWord = Annotated[
    str,
    Field(
        max_length=1_100,
        pattern=r"^([a-z_]+|(score|stage|change|attribute):[\s\S]+)$",
        description="score:NAME, score:NAME:VALUE, stage:NAME, change:NAME, attribute:NAME, or a word of /api/columns.",
    ),
]
PageLimit = Annotated[int, Field(ge=1, le=_MOST_LISTED)]
Cursor = Annotated[str, Field(max_length=4_096, description="`next` of the page before.")]


def check_new_name(name: str) -> None:
    """Raise Problem unless something may be kept under the name, which people read."""
    if not 0 < len(name) <= _LONGEST_NAME:
        raise Problem(400, "bad-parameter", f"name: wanted 1 to {_LONGEST_NAME} characters; got {len(name)}")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise Problem(400, "bad-parameter", "name: wanted no control characters; got one")


class NoParameters(BaseModel):
    """There are no parameters; any other query is built on this, and unknown words are refused."""

    model_config = ConfigDict(extra="forbid")


class ContactQuery(NoParameters):
    """Which contact is asked about."""

    contact_id: Annotated[
        str, Field(min_length=1, max_length=MAX_CONTACT_KEY_BYTES, description="The contact's id, whatever it holds.")
    ]


class InstantQuery(NoParameters):
    """Which instant is asked about, past or future; without it now."""

    at: InstantText | None = None


class ExplanationQuery(InstantQuery):
    """Which score is explained, and at which instant."""

    score: NonEmptyText | None = Field(None, description="This one alone.")


class SummaryQuery(NoParameters):
    """By which score a contact is told of in short."""

    score: NonEmptyText | None = Field(None, description="The model's first one without it.")
    value: Text = Field("", description="Which one of a `by` score.")


class ForecastQuery(NoParameters):
    """Which score is forecast, how far ahead, and how finely."""

    score: NonEmptyText | None = Field(None, description="The model's first one without it.")
    value: Text = Field("", description="Which one of a `by` score.")
    until: InstantText | None = Field(None, description="30 days ahead without it.")
    samples: Annotated[int, Field(ge=2, le=500)] = 120


class PageQuery(NoParameters):
    """Which part of a list is shown."""

    limit: PageLimit = 50
    cursor: Cursor | None = None


class OrderQuery(NoParameters):
    """By which score a list is sorted."""

    score: NonEmptyText | None = None
    value: Text = Field("", description="Which one of a `by` score.")
    order: Literal["desc", "asc"] = "desc"


class SortQuery(OrderQuery, PageQuery):
    """Which part of a list is shown, and by which score the list is sorted."""


class FilterQuery(OrderQuery):
    """Which contacts are meant, and by which score they are sorted."""

    stage: list[NonEmptyText] = Field(
        default=[], max_length=50, description="Of the score that is sorted by; any of these."
    )
    at_least: Points | None = None
    at_most: Points | None = None
    attribute: list[NamedText] = Field(
        default=[], max_length=50, description="`name:text`, all of these; upper and lower case are one."
    )
    attribute_contains: list[NamedText] = Field(
        default=[], max_length=50, description="`name:text`, where the text is a part of the attribute's."
    )
    attribute_starts_with: list[NamedText] = Field(
        default=[], max_length=50, description="`name:text`, where the attribute's begins so."
    )
    suppressed: bool | None = None

    def filter_of(self, score: str) -> ContactFilter:
        """The same as a filter; raises Problem where an attribute has no colon."""
        attributes = [
            *_attribute_conditions("attribute", "equals", self.attribute),
            *_attribute_conditions("attribute_contains", "contains", self.attribute_contains),
            *_attribute_conditions("attribute_starts_with", "starts_with", self.attribute_starts_with),
        ]
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        of_score = {"score": score, "value": self.value, "stages": self.stage} | bounds
        words = {"scores": [of_score], "attributes": attributes, "suppressed": self.suppressed}
        try:
            return FilterBody.model_validate(words).root
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise refusal_of(first["loc"], first["msg"], "parameters") from error


class ContactsQuery(FilterQuery, PageQuery):
    """Which contacts are listed."""


class ListQuery(FilterQuery):
    """A list of contacts: of a segment, or those of a filter; with which columns, and in which order."""

    segment: Annotated[str, Field(max_length=100)] | None = Field(None, description="Instead of a filter.")
    columns: list[ColumnWord] = Field(default=[], max_length=MOST_COLUMNS)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.segment is not None and self.model_fields_set & _NARROWING:
            message = "wanted a segment or a filter; got both"
            raise ValueError(message)
        return self


class ListExportQuery(ListQuery):
    """Which list is written as CSV; without columns: all."""

    bom: bool = Field(False, description="Whether it begins with a byte order mark, for Excel.")


class DistributionQuery(NoParameters):
    """How finely a distribution is shown, and of which value of a `by` score."""

    value: Text = ""
    buckets: Annotated[int, Field(ge=2, le=200)] = 20


class ExportQuery(NoParameters):
    """How a segment is written."""

    format: Literal["csv", "jsonl"] = "jsonl"
    columns: list[ColumnWord] = Field(
        default=[], max_length=MOST_COLUMNS, description="Of the CSV, in this order; without them as ever."
    )
    bom: bool = Field(False, description="Whether the CSV begins with a byte order mark, for Excel.")


class ImportQuery(NoParameters):
    """How an import's body is read."""

    format: Literal["csv", "jsonl", "access-log"] = "jsonl"
    mapping: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")] | None = Field(
        None, description="What a CSV's columns mean: the name of one of those that are here."
    )
    mapping_text: Annotated[str, Field(max_length=16_384)] | None = Field(None, description="The same, as YAML.")


class FilterBody(RootModel[ContactFilter]):
    """Which contacts are meant."""


class SearchBody(BaseModel):
    """What somebody looks for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=200, description="As typed: a name, an address, a company, an id.")
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class ResendBody(BaseModel):
    """Which webhooks are sent again."""

    model_config = ConfigDict(extra="forbid")

    webhook_ids: list[Text] | None = Field(None, max_length=1_000, description="None: all undeliverable ones.")


class SignInBody(BaseModel):
    """A token, shown once."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1, max_length=4_096)


def _attribute_conditions(parameter: str, condition: str, words: Sequence[str]) -> Iterator[dict[str, str]]:
    for each in words:
        name, colon, text = each.partition(":")
        if not (name and colon):
            raise Problem(400, "bad-parameter", f"{parameter}: wanted name:text; got no colon after a name")
        yield {"attribute": name, condition: text}


def refusal_of(place: Sequence[int | str], message: str, what: str) -> Problem:
    """The problem that a wrong value is. place: names and numbers that lead to it; what: parameters or body."""
    where = ".".join(str(part) for part in place)[:200] or what
    return Problem(400, "bad-body" if what == "body" else "bad-parameter", f"{where}: {message}")
