"""What the fields of a form say of who sent it: whose address it holds, and the attributes that it tells of a person.

The words are field_words.yaml's. A form that was posted here shows names and values only; the beacon also tells which
field the page itself calls the sender's address, and which ones nobody sees.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from streamprocessor.contract.contact_ids import is_one_address, plain_address, visible_address
from streamprocessor.contract.placeholder_ids import is_placeholder
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.errors import OperatorError

WORDS_FILE = Path(__file__).with_name("field_words.yaml")
NO_ADDRESS, SEVERAL_ADDRESSES = "no-address", "several-addresses"
SHORT_WORD_CHARS = 3

_WORD_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|[\W_]+")
_IN_BRACKETS = re.compile(r"\[([^\[\]]*[^\W\d_][^\[\]]*)\]")


class SubmittersAddress(NamedTuple):
    """Whose form it is.

    address: as it was typed, without what nobody sees of it; None: the form does not say.
    reason: NO_ADDRESS or SEVERAL_ADDRESSES where it does not say.
    """

    address: str | None
    reason: str | None = None


class FieldHints(NamedTuple):
    """What the page itself says of its fields.

    address: the name of the field that is the sender's address; None: it does not say.
    hidden: the names of fields that nobody sees.
    """

    address: str | None = None
    hidden: Collection[str] = ()


NO_HINTS = FieldHints()


@dataclass(frozen=True, slots=True)
class FormWords:
    """The words of field_words.yaml, plain.

    before: words before a name that change nothing.
    own: of names of the sender's own address. others_words, others_parts: of somebody else's, as a word by itself, or
    as part of one.
    attributes: a plain name to the attribute that it means.
    has_people: whether what people are called and where they are reached becomes attributes.
    """

    before: frozenset[str]
    own: frozenset[str]
    others_words: frozenset[str]
    others_parts: frozenset[str]
    attributes: Mapping[str, str]
    has_people: bool

    def submitters_address(self, fields: Mapping[str, str], hints: FieldHints = NO_HINTS) -> SubmittersAddress:
        """The address of who sent the form: what the page calls it, else by its name, else the only one there is."""
        candidates = self._candidates(fields, hints.hidden)
        if hints.address in candidates:
            return SubmittersAddress(candidates[hints.address])
        found = self._named(candidates) or _only_one(candidates.values())
        if found is not None:
            return SubmittersAddress(found)
        return SubmittersAddress(None, SEVERAL_ADDRESSES if candidates else NO_ADDRESS)

    def named_address(self, fields: Mapping[str, str]) -> str | None:
        """The address of who sent the form by its name alone; None where no name says it, or several do."""
        return self._named(self._candidates(fields, ()))

    def attributes_in(self, fields: Mapping[str, str], address: str | None) -> dict[str, str]:
        """The attributes that the fields tell, the first of each; address: of who sent the form, None: unknown."""
        found: dict[str, str] = {}
        for name, value in fields.items():
            attribute = self.attributes.get(self._plain(name))
            if attribute and value.strip() and not is_one_address(value):
                found.setdefault(attribute, value.strip())
        if "last_name" in found and "first_name" not in found and "full_name" in found:
            found["first_name"] = found.pop("full_name")  # `name` beside `surname`
        if address is not None and self.has_people:
            found["email"] = address
        return found

    def attribute_of(self, name: str) -> str | None:
        """The attribute that a field of that name tells; None: none that is known."""
        return self.attributes.get(self._plain(name))

    def is_address_name(self, name: str) -> bool:
        """Whether a field of that name is called as the own address, and no more than that."""
        return self._plain(name) in self.own

    def _candidates(self, fields: Mapping[str, str], hidden: Collection[str]) -> dict[str, str]:
        """The addresses that may be the sender's, by the names of their fields."""
        return {
            name: visible_address(value)
            for name, value in fields.items()
            if name not in hidden and _is_somebodys(value) and not self._is_of_others(name)
        }

    def _named(self, candidates: Mapping[str, str]) -> str | None:
        """The one address whose field is called as one, and no more than that; else the one among longer names."""
        plain = [value for name, value in candidates.items() if self._plain(name) in self.own]
        named = [value for name, value in candidates.items() if self._is_own(name)]
        return _only_one(plain) or _only_one(named)

    def _plain(self, name: str) -> str:
        words = words_of(name)
        while len(words) > 1 and words[0] in self.before:
            words = words[1:]
        return "".join(words)

    def _is_own(self, name: str) -> bool:
        joined = "".join(words_of(name))
        return any(word in joined for word in self.own)

    def _is_of_others(self, name: str) -> bool:
        if self._plain(name) in self.own:
            return False
        words = words_of(name)
        joined = "".join(words)
        return not self.others_words.isdisjoint(words) or any(part in joined for part in self.others_parts)


def _is_somebodys(text: str) -> bool:
    return is_one_address(text) and not is_placeholder(text)


def _only_one(addresses: Iterable[str]) -> str | None:
    """The one address that all of these are, as the first spells it; None where there are several, or none."""
    spellings = {plain_address(address): address for address in reversed([*addresses])}
    return next(iter(spellings.values())) if len(spellings) == 1 else None


def words_of(name: str) -> list[str]:
    """The words of a field's name in small letters; of a name with brackets those of the last part with letters.

    >>> words_of("mauticform[eMailAdresse]"), words_of("Your E-Mail 2"), words_of("items[0]")
    (['e', 'mail', 'adresse'], ['your', 'e', 'mail', '2'], ['items', '0'])
    """
    bracketed: list[str] = _IN_BRACKETS.findall(name)
    shown = unicodedata.normalize("NFKC", bracketed[-1] if bracketed else name)
    return [word.casefold() for word in _WORD_ENDS.split(shown) if word]


@cache
def read_form_words(with_people: bool) -> FormWords:
    """The words of field_words.yaml; with_people: whether names, phones and addresses become attributes of contacts."""
    content = read_text(WORDS_FILE, "the words of forms")
    read = partial(_form_words, with_people=with_people)
    return read_document(content, str(WORDS_FILE), "the words", read, OperatorError)


def _form_words(node: LocatedNode, with_people: bool) -> FormWords:
    fields = node.fields("before", "address", "attributes")
    own, others = fields.required("address", _addresses, ((), ()))
    attributes = fields.required("attributes", partial(_attributes, with_people=with_people), {})
    others_words = frozenset(word for word in others if word.isascii() and len(word) <= SHORT_WORD_CHARS)
    return FormWords(
        frozenset(fields.required("before", _names, ())),
        frozenset(own),
        others_words,
        frozenset(others) - others_words,
        attributes,
        with_people,
    )


def _addresses(node: LocatedNode) -> tuple[tuple[str, ...], tuple[str, ...]]:
    fields = node.fields("own", "of_others")
    return fields.required("own", _names, ()), fields.required("of_others", _names, ())


def _attributes(node: LocatedNode, with_people: bool) -> dict[str, str]:
    fields = node.fields("person", "firm")
    groups = [fields.required("firm", _names_by_attribute, {})]
    if with_people:
        groups.append(fields.required("person", _names_by_attribute, {}))
    return {name: attribute for group in groups for attribute, names in group.items() for name in names}


def _names_by_attribute(node: LocatedNode) -> dict[str, tuple[str, ...]]:
    return {attribute: _names(inner) for attribute, inner in node.entries("attributes, each with names").items()}


def _names(node: LocatedNode) -> tuple[str, ...]:
    """The names as `words_of` has them, joined."""
    return tuple(_joined(text(inner)) for inner in node.items("a list of names"))


def _joined(name: str) -> str:
    return "".join(words_of(name))
