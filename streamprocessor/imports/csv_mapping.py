"""Which column of a CSV file means what, as data: the mapping files of deploy/imports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from streamprocessor.errors import OperatorError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _column_alone(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Key(_Part):
    """A text made of one column's cell behind a fixed prefix."""

    column: str
    prefix: str = ""


class Value(_Part):
    """A cell and what it is read as. An empty cell is an absent value."""

    column: str
    read_as: Literal["text", "number", "boolean"] = Field("text", alias="as")


class Time(_Part):
    """A cell that holds an instant.

    format: `iso` (ISO 8601), `epoch_ms`, `epoch_seconds`, or a strptime pattern. zone: an IANA name, for texts that
    name no offset.
    """

    column: str
    format: str = "iso"
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            message = f"no time zone of that name: {zone!r}"
            raise ValueError(message) from None
        return zone


class Skip(_Part):
    """Rows to pass over: those whose cell is one of `is_in`."""

    column: str
    is_in: tuple[str, ...] = Field(alias="in")


KeyColumn = Annotated[Key, BeforeValidator(_column_alone)]
ValueColumn = Annotated[Value, BeforeValidator(_column_alone)]


class CsvMapping(_Part):
    """How rows become events of one `type`, or attribute updates.

    id None: ids are made of the rows' content. A part that is a bare word is a column.
    """

    contact: KeyColumn
    occurred_at: Time
    type: str | None = None
    id: KeyColumn | None = None
    properties: dict[str, ValueColumn] = {}
    context: dict[str, ValueColumn] = {}
    attributes: dict[str, ValueColumn] = {}
    skip: tuple[Skip, ...] = ()
    delimiter: str = Field(",", min_length=1, max_length=1)

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> CsvMapping:
        if (self.type is None) == (not self.attributes):
            message = "wanted either type (rows are events) or attributes (rows are attribute updates)"
            raise ValueError(message)
        if self.attributes and (self.properties or self.context):
            message = "attribute updates have neither properties nor context"
            raise ValueError(message)
        return self

    def columns(self) -> set[str]:
        """The names of all columns that a file must have."""
        groups = (self.properties, self.context, self.attributes)
        parts: list[Key | Value | Time | Skip] = [self.contact, self.occurred_at, *self.skip]
        parts += [value for group in groups for value in group.values()]
        return {part.column for part in parts} | ({self.id.column} if self.id else set())


def read_mapping(path: Path) -> CsvMapping:
    """The mapping in a YAML file.

    Raises OperatorError naming the file and every wrong part of it.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: wanted a CSV mapping in YAML; {error}"
        raise OperatorError(message) from error
    return parse_mapping(content, str(path))


def parse_mapping(content: str, source: str) -> CsvMapping:
    """The mapping that the YAML says; raises OperatorError naming the source and every wrong part of it."""
    try:
        return CsvMapping.model_validate(YAML(typ="safe", pure=True).load(content))
    except YAMLError as error:
        message = f"{source}: wanted a CSV mapping in YAML; {error}"
        raise OperatorError(message) from error
    except ValidationError as error:
        raise OperatorError("\n".join(_problem(source, dict(found)) for found in error.errors())) from error


def _problem(source: str, found: dict[str, Any]) -> str:
    where = ".".join(str(step) for step in found["loc"]) or "mapping"
    return f"{source}: {where}: {found['msg']}; got {found['input']!r:.100}"
