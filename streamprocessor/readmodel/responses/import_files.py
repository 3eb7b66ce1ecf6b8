"""Files that people gave to be imported, and what an import of them would do."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from streamprocessor.imports.proposals.proposal import FileColumn, ProposalCounts, RowRefusal, SampleRow


class RecognisedMapping(BaseModel):
    """What a file was recognised as."""

    name: str
    title: str = Field(description="For people.")
    saved: bool = Field(description="Whether somebody saved it; else it came with the installation.")


class KeptFileView(BaseModel):
    """A file that is kept until its import succeeded."""

    id: str
    name: str
    format: str
    bytes: int
    until: str = Field(description="When it is deleted at the latest.")
    import_id: str | None = Field(description="Of its latest import; null: it was not imported.")


class FileProposalView(BaseModel):
    """What an import of a file would do."""

    file: KeptFileView
    recognised: RecognisedMapping | None = Field(description="Null: it was guessed, or chosen by hand.")
    mapping: dict[str, Any] | None = Field(
        description="What its columns mean, in the words of the mapping files; null where they can't be read as words."
    )
    mapping_text: str | None = Field(description="The same, as YAML; null of a format without columns.")
    read_as: str | None = Field(description="What the file was found to be: encoding, delimiter, notations.")
    problem: str | None = Field(description="Why nothing can be said of its rows: counts and samples are empty then.")
    columns: list[FileColumn]
    samples: list[SampleRow] = Field(description="A few rows, as they would become or why they would not.")
    counts: ProposalCounts
    first_refused: list[RowRefusal]


class KeptFileList(BaseModel):
    """The kept files, the newest first."""

    files: list[KeptFileView]
    max_bytes: int = Field(description="Of a file.")


class MappingView(BaseModel):
    """A mapping under a name."""

    name: str
    title: str = Field(description="For people.")
    saved: bool = Field(description="Whether somebody saved it; else it came with the installation.")
    mapping: dict[str, Any] | None = Field(description="In the words of the mapping files.")
    mapping_text: str = Field(description="The same, as YAML.")


class MappingList(BaseModel):
    """All mappings, by their titles."""

    mappings: list[MappingView]
