"""The column of a CSV file that tells who may not be written to."""

from __future__ import annotations

from dataclasses import dataclass

from streamprocessor.contract.strict_yaml.located import LocatedNode, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import flag, text


@dataclass(frozen=True, slots=True)
class SuppressedColumn:
    """The column that tells who may not be written to any more. An empty cell says nothing.

    true_values, false_values: the cells that mean it, in small letters.
    lifts: whether a false cell takes an earlier suppression back; else it says nothing.
    """

    column: str
    true_values: frozenset[str] = frozenset({"true", "yes", "1"})
    false_values: frozenset[str] = frozenset({"false", "no", "0"})
    lifts: bool = False

    def says(self, cell: str) -> bool | None:
        """What the cell says of suppression, None: nothing; raises ValueError with what is wanted."""
        word = cell.strip().lower()
        if word in self.true_values:
            return True
        if word and word not in self.false_values:
            raise ValueError(", ".join([*sorted(self.true_values), *sorted(self.false_values)]))
        return False if word and self.lifts else None


def read_suppressed_column(located: LocatedNode) -> SuppressedColumn:
    """The column as a mapping spells it: a bare word, or with the values that its cells may have."""
    if isinstance(located.node, ScalarNode):
        return SuppressedColumn(text(located))
    fields = located.fields("column", "true_values", "false_values", "lifts")
    usual = SuppressedColumn("")
    true_values = fields.read("true_values", _words, usual.true_values)
    false_values = fields.read("false_values", _words, usual.false_values - true_values)
    if both := sorted(true_values & false_values):
        located.note(f"wanted each value in one of true_values and false_values; got '{both[0]}' in both")
    lifts = fields.read("lifts", flag, usual.lifts)
    return SuppressedColumn(fields.required("column", text, ""), true_values, false_values, lifts)


def _words(located: LocatedNode) -> frozenset[str]:
    return frozenset(text(inner).strip().lower() for inner in located.items("a list of cells"))
