"""Lists of attributes' names in a model file."""

from __future__ import annotations

from streamprocessor.contract.strict_yaml.described import Reader
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.scoring.model.contact_filter import MAX_TEXT


def attribute_names(most: int) -> Reader[tuple[str, ...]]:
    """The reader of a list of at most so many attributes' names, each once; [] for none."""

    def names_in(located: LocatedNode) -> tuple[str, ...]:
        if located.is_empty_list:
            return ()
        names = tuple(text(inner) for inner in located.items("a list of attributes' names, or [] for none"))
        if len(set(names)) != len(names) or len(names) > most or any(len(each) > MAX_TEXT for each in names):
            located.refuse(f"at most {most} names, each once and of at most {MAX_TEXT} characters")
        return names

    name = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    return Reader(names_in, {"type": "array", "maxItems": most, "uniqueItems": True, "items": name})
