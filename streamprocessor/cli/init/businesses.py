"""What people sell, and what a model for it begins with: the proposals of businesses.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.errors import OperatorError

BUSINESSES_FILE = Path(__file__).with_name("businesses.yaml")


class Acts(NamedTuple):
    """Rules, as a model file spells them, below one comment."""

    comment: str
    rules: tuple[str, ...]


class Business(NamedTuple):
    """One answer to what is sold. pages: beginnings of paths; forms: their names."""

    name: str
    title: str
    pages: tuple[str, ...]
    forms: tuple[str, ...]
    acts: tuple[Acts, ...]


def read_businesses() -> tuple[Business, ...]:
    """All of them, the default first."""
    content = read_text(BUSINESSES_FILE, "businesses", OperatorError)
    return read_document(content, BUSINESSES_FILE.name, "businesses", _businesses)


def _businesses(located: LocatedNode) -> tuple[Business, ...]:
    return located.fields("businesses").required("businesses", _each_business, ())


def _each_business(located: LocatedNode) -> tuple[Business, ...]:
    return tuple(_business(inner) for inner in located.items("a list of businesses"))


def _business(located: LocatedNode) -> Business:
    fields = located.fields(*Business._fields)
    return Business(
        fields.required("name", text, ""),
        fields.required("title", text, ""),
        fields.required("pages", _texts, ()),
        fields.required("forms", _texts, ()),
        fields.required("acts", _each_acts, ()),
    )


def _each_acts(located: LocatedNode) -> tuple[Acts, ...]:
    return tuple(_acts(inner) for inner in located.items("a list of acts"))


def _acts(located: LocatedNode) -> Acts:
    fields = located.fields(*Acts._fields)
    return Acts(fields.required("comment", text, ""), fields.required("rules", _texts, ()))


def _texts(located: LocatedNode) -> tuple[str, ...]:
    return tuple(text(inner) for inner in located.items("a list of texts"))
