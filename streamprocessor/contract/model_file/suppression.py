"""`suppression` of a model file: which events say that a contact may not be written to any more, or may again."""

from __future__ import annotations

from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import types
from streamprocessor.scoring.model.model import Suppression

_USUAL = Suppression()


def _types_or_none(located: LocatedNode) -> tuple[str, ...]:
    return () if located.is_empty_list else types(located)


_TYPES = Reader(_types_or_none, {"anyOf": [types, {"type": "array", "maxItems": 0}]})
_BY = Word("by", _TYPES, default=list(_USUAL.by), description="hard_bounce is a hard email_bounce, too.")
_LIFTED_BY = Word("lifted_by", _TYPES, default=list(_USUAL.lifted_by))
_SUPPRESSION_SHAPE = Shape(_BY, _LIFTED_BY)


def _suppression(located: LocatedNode) -> Suppression:
    fields = _SUPPRESSION_SHAPE.fields(located)
    suppression = Suppression(_BY.of(fields, _USUAL.by), _LIFTED_BY.of(fields, _USUAL.lifted_by))
    if both := sorted(set(suppression.by) & set(suppression.lifted_by)):
        located.fail(f"wanted each type in one of by and lifted_by; got '{both[0]}' in both")
    return suppression


SUPPRESSION = Word(
    "suppression",
    Reader(_suppression, _SUPPRESSION_SHAPE.schema),
    description="Types of the events after which nobody is announced as a hot lead, and of those that take it back; "
    "the last one holds, explicit updates included.",
)
