"""Columns of lists of contacts."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ColumnView(BaseModel):
    """A column that a list may have."""

    column: str = Field(description="As `columns` wants it.")
    title: str = Field(description="For people.")


class ColumnList(BaseModel):
    """The columns that lists may have: of scores as in the model, then others, then of attributes by their names."""

    columns: list[ColumnView]
    complete: bool = Field(description="false: contacts have more attributes than are told; each may be asked for.")
