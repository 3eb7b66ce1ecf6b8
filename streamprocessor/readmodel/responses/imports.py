"""Imports of files."""

from __future__ import annotations

from pydantic import BaseModel


class RefusedRow(BaseModel):
    """A row that could not be used. line: the file's first is 1."""

    line: int
    reason: str
    detail: str


class Import(BaseModel):
    """A file on its way to Kafka.

    state: receiving, running, done, failed or interrupted. sent, refused: rows so far, by topic and by reason.
    """

    id: str
    state: str
    format: str | None
    mapping: str | None
    bytes: int
    bytes_read: int
    lines_read: int
    sent: dict[str, int]
    refused: dict[str, int]
    first_refused: list[RefusedRow]
    error: str | None
    began_at: str
    ended_at: str | None


class Imports(BaseModel):
    """The latest imports, the newest first. mappings: those that CSV files can be read by; max_bytes: of a file."""

    imports: list[Import]
    mappings: list[str]
    max_bytes: int
