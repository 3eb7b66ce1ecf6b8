"""Imports of files."""

from __future__ import annotations

from pydantic import BaseModel, Field


class RefusedRow(BaseModel):
    """A row that could not be used."""

    line: int = Field(description="The file's first is 1.")
    reason: str
    detail: str


class FileRowCounts(BaseModel):
    """The rows of a file that were read so far: accepted, refused and skipped ones are all of them."""

    read: int
    accepted: int = Field(description="All that the row gives is sent, be it several events and updates.")
    refused: int = Field(description="Something of the row could not be used.")
    skipped: int = Field(description="The mapping passes over the row, or it says nothing.")


class ImportView(BaseModel):
    """A file on its way to Kafka."""

    id: str
    state: str = Field(
        description="receiving, running, done, failed, cancelled, or interrupted: the api ended before all of it came."
    )
    format: str | None
    mapping: str | None
    bytes: int
    bytes_read: int
    lines_read: int = Field(description="The line of the latest row.")
    rows: FileRowCounts
    rows_per_second: float | None = Field(description="Of the last ten seconds; null: not known yet.")
    remaining_seconds: float | None = Field(description="At that pace; null: not known, or the import has ended.")
    sent: dict[str, int] = Field(description="Rows so far, by topic.")
    refused: dict[str, int] = Field(description="Rows so far, by reason.")
    skipped: int = Field(description="Rows so far that the mapping passes over.")
    first_refused: list[RefusedRow]
    contacts: list[str] = Field(description="The first contacts that the file tells of.")
    read_as: str | None = Field(description="What the file was found to be: encoding, delimiter, notations.")
    error: str | None
    began_at: str
    ended_at: str | None
    resumed_at: str | None = Field(
        description="When the api, begun anew meanwhile, went on with it; rows are counted from the first again."
    )
    file: str | None = Field(description="The kept file that is imported, while it is kept; null: there is none.")


class ImportList(BaseModel):
    """The latest imports, the newest first."""

    imports: list[ImportView]
    mappings: list[str] = Field(description="Those that CSV files can be read by.")
    max_bytes: int = Field(description="Of a file.")
