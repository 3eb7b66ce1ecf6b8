"""What clients ask of files that are to be imported."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from streamprocessor.readmodel.requests.parameters import NoParameters

_MOST_TEXT = 65_536

FileFormat = Literal["csv", "jsonl", "access-log"]
MappingText = Annotated[str, Field(max_length=_MOST_TEXT)]


class KeptFileQuery(NoParameters):
    """How a file is called, and read."""

    name: Annotated[str, Field(min_length=1, max_length=255, description="As its person calls it.")]
    format: FileFormat | None = Field(None, description="Without it as the file looks.")


class MappingBody(BaseModel):
    """What the columns of a file mean."""

    model_config = ConfigDict(extra="forbid")

    mapping: dict[str, Any] | None = Field(None, description="In the words of the mapping files of deploy/imports.")
    mapping_text: MappingText | None = Field(None, description="The same, as YAML.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.mapping is not None and self.mapping_text is not None:
            message = "wanted mapping or mapping_text; got both"
            raise ValueError(message)
        return self


class ChosenMappingBody(MappingBody):
    """What the columns of a kept file mean."""

    name: Annotated[str, Field(max_length=100)] | None = Field(None, description="Of one of GET /api/import-mappings.")

    @model_validator(mode="after")
    def _is_named_or_written(self) -> Self:
        if self.name is not None and (self.mapping is not None or self.mapping_text is not None):
            message = "wanted name, mapping or mapping_text; got two of them"
            raise ValueError(message)
        return self


class NamedMappingBody(MappingBody):
    """What the columns of a file mean, and of which file."""

    header: list[Annotated[str, Field(max_length=1_000)]] = Field(
        default=[], max_length=2_000, description="The file's columns, by which it is recognised the next time."
    )


class KeptImportBody(MappingBody):
    """Which kept file is imported, and by which mapping; without one by what was chosen for it last."""

    file: Annotated[str, Field(max_length=100, description="The id of one of GET /api/import-files.")]
