"""The splices by which a text comes to say other values: all that says the same already stays as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from streamprocessor.contract.model_file.editing.alignment import Alignment, Entry, aligned, entries_of
from streamprocessor.contract.model_file.editing.source import CollectionPlace, EntryPlace, NodePlace
from streamprocessor.contract.model_file.editing.values import Value, fingerprint
from streamprocessor.contract.model_file.editing.yaml_text import (
    block_lines,
    entry_lines,
    fits,
    inline_text,
    item_lines,
    scalar_text,
)

_STEP = 2
_COMMA = re.compile(r"^([^#,]*(?:#[^\n]*\n[^#,]*)*),")


class Splice(NamedTuple):
    """What stands from start to end gives way to the text."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with all of them made; no two of them overlap."""
    parts: list[str] = []
    position = 0
    for start, end, replacement in sorted(splices):
        parts += (text[position:start], replacement)
        position = end
    return "".join([*parts, text[position:]])


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The way from a text to other values."""

    text: str
    line_end: str

    def document(self, place: NodePlace | None, wanted: Value) -> Iterator[Splice]:
        """The splices of the whole text. place: of its document; None: it says nothing."""
        if place is None:
            yield Splice(len(self.text), len(self.text), self._on_a_new_line(len(self.text), _document_lines(wanted)))
        elif _says_the_same(place, wanted):
            return
        elif isinstance(place, CollectionPlace) and _is_like(place, wanted):
            yield from self._collection(place, wanted)
        else:
            yield Splice(place.start, place.end, self.line_end.join(_document_lines(wanted)))

    # ---- one value -------------------------------------------------------------------------------------------------

    def _value(self, entry: EntryPlace, owner: CollectionPlace, wanted: Value) -> Iterator[Splice]:
        """The splices by which the entry comes to say that."""
        place = entry.node
        if _says_the_same(place, wanted):
            return
        if isinstance(place, CollectionPlace) and _is_like(place, wanted) and self._has_beginning(place, wanted):
            yield from self._collection(place, wanted)
        elif owner.column is None:
            blank = " " if place.start == place.end and self.text[place.start - 1] == ":" else ""
            yield Splice(place.start, place.end, blank + inline_text(wanted))
        else:
            yield from self._block_value(entry, owner.column, wanted)

    def _block_value(self, entry: EntryPlace, column: int, wanted: Value) -> Iterator[Splice]:
        place = entry.node
        head_end = entry.start + 1 if entry.word is None else self.text.index(":", entry.word_end) + 1
        is_here = place.start < place.end and "\n" not in self.text[head_end : place.end]
        if fits(wanted, place.start - self._line_start(place.start) if is_here else column, entry.word):
            start = place.start if is_here else head_end
            yield Splice(start, place.end, ("" if is_here else " ") + inline_text(wanted))
            return
        lines = block_lines(wanted, column + _STEP)
        if entry.word is None:
            yield Splice(head_end, place.end, " " + self.line_end.join(lines)[column + _STEP :])
            return
        line_end = self._line_end(place.end)
        rest = self.text[place.end : line_end].rstrip()  # a comment
        yield Splice(head_end, line_end, rest + self.line_end + self.line_end.join(lines))

    # ---- entries, each with lines of its own -----------------------------------------------------------------------

    def _collection(self, place: CollectionPlace, wanted: Value) -> Iterator[Splice]:
        old, new = entries_of(place.values), entries_of(wanted)
        alignment = aligned(old, new)
        if place.column is None:
            yield from self._in_brackets(place, new, alignment)
        else:
            yield from self._in_lines(place, place.column, new, alignment)

    def _kept_entries(self, place: CollectionPlace, new: list[Entry], alignment: Alignment) -> Iterator[Splice]:
        for item, index in zip(new, alignment.old_of_new, strict=True):
            if index is not None and index in alignment.kept:
                yield from self._entry(place.entries[index], place, item)

    def _entry(self, entry: EntryPlace, owner: CollectionPlace, item: Entry) -> Iterator[Splice]:
        if item.word is not None and item.word != entry.word:
            yield Splice(entry.start, entry.word_end, scalar_text(item.word))
        yield from self._value(entry, owner, item.value)

    def _in_lines(
        self, place: CollectionPlace, column: int, new: list[Entry], alignment: Alignment
    ) -> Iterator[Splice]:
        yield from self._kept_entries(place, new, alignment)
        gone = [each for index, each in enumerate(place.entries) if index not in alignment.kept]
        first = place.entries[0]
        is_first_shared = self._is_shared(first)
        for entry in gone:
            if entry is first and is_first_shared:
                following = place.entries[1].start if len(place.entries) > 1 else first.end
                is_blank = not self.text[first.end : following].strip()
                yield Splice(first.start, following if is_blank else first.end, "")
            else:
                yield self._removal(entry)
        anchor: EntryPlace | None = first if is_first_shared else None
        coming: list[str] = []
        for item, index in zip(new, alignment.old_of_new, strict=True):
            if index is not None and index in alignment.kept:
                yield from self._insertion(place, anchor, coming)
                anchor, coming = place.entries[index], []
            else:
                lines = self._new_lines(place, column, item, index)
                if self._is_apart(place, anchor, lines):
                    coming.append("")
                coming += lines
        yield from self._insertion(place, anchor, coming)

    def _new_lines(self, place: CollectionPlace, column: int, item: Entry, index: int | None) -> list[str]:
        """The lines of an entry that comes here; index: of the old entry that it was elsewhere."""
        if index is not None:
            entry = place.entries[index]
            line_start, line_end = self._line_start(entry.start), self._line_end(entry.end)
            changes = [
                Splice(start - line_start, end - line_start, text)
                for start, end, text in self._entry(entry, place, item)
            ]
            return [spliced(self.text[line_start:line_end].rstrip("\r"), changes)]
        neighbours = [entry.node for entry in place.entries if isinstance(entry.node, CollectionPlace)]
        in_block = bool(neighbours) and all(node.column is not None for node in neighbours)
        if item.word is None:
            return item_lines(item.value, column, in_block=in_block)
        are_named = all(node.is_mapping for node in neighbours) and column > 0
        return entry_lines(item.word, item.value, column, in_block=in_block and are_named)

    def _removal(self, entry: EntryPlace) -> Splice:
        """Its lines go; between two blank lines one of those, too."""
        start, end = self._line_start(entry.start), min(self._line_end(entry.end) + 1, len(self.text))
        blank_above = self._line_start(start - 1) if start else 0
        is_blank_above = start > 0 and not self.text[blank_above:start].strip()
        is_blank_below = not self.text[end : self._line_end(end)].strip()
        return Splice(blank_above if is_blank_above and is_blank_below else start, end, "")

    def _insertion(self, place: CollectionPlace, anchor: EntryPlace | None, lines: list[str]) -> Iterator[Splice]:
        """The lines come behind the anchor's; None: before all other entries."""
        if not lines:
            return
        if anchor is not None:
            position = min(self._line_end(anchor.end) + 1, len(self.text))
            yield Splice(position, position, self._on_a_new_line(position, lines))
            return
        position = self._line_start(place.entries[0].start)
        if lines[0] == "":
            lines = [*lines[1:], ""]
        yield Splice(position, position, self._on_a_new_line(position, lines))

    def _has_beginning(self, place: CollectionPlace, wanted: Value) -> bool:
        """Whether the line that it begins on, beside a dash, stays that of an entry which stands there or next."""
        if place.column is None or not self._is_shared(place.entries[0]):
            return True
        kept = aligned(entries_of(place.values), entries_of(wanted)).kept
        return bool(kept & {0, 1})

    def _is_shared(self, entry: EntryPlace) -> bool:
        """Whether something stands before it on its line."""
        return bool(self.text[self._line_start(entry.start) : entry.start].strip())

    def _is_apart(self, place: CollectionPlace, anchor: EntryPlace | None, lines: list[str]) -> bool:
        """Whether a blank line stands above these new lines, which come behind the anchor."""
        if len(lines) == 1 and (place.column or anchor is None or not self._is_tall(anchor.node)):
            return False
        pairs = list(zip(place.entries, place.entries[1:], strict=False))
        if place.column == 0 or not pairs:
            return place.is_mapping and (place.column == 0 or self._is_tall(place.entries[0].node))
        airy = [pair for pair in pairs if self._has_blank_line(pair[0].end, pair[1].start)]
        return len(airy) * 2 > len(pairs)

    def _is_tall(self, place: NodePlace) -> bool:
        return place.start < place.end and self._line_end(place.start) < place.end

    def _has_blank_line(self, start: int, end: int) -> bool:
        return any(not line.strip() for line in self.text[start:end].split("\n")[1:-1])

    # ---- entries in brackets ---------------------------------------------------------------------------------------

    def _in_brackets(self, place: CollectionPlace, new: list[Entry], alignment: Alignment) -> Iterator[Splice]:
        if len(alignment.kept) == len(place.entries) == len(new):
            yield from self._kept_entries(place, new, alignment)
            return
        parts = [self.text[place.start : place.entries[0].start], *self._leftovers(place, 0, alignment)]
        has_comma = False
        for number, (item, index) in enumerate(zip(new, alignment.old_of_new, strict=True)):
            parts.append(self._piece(place, item, index))
            gap = "" if index not in alignment.kept or index is None else self._gap(place, index)
            has_comma = number < len(new) - 1 or "\n" in gap
            if has_comma:
                parts.append(gap or ", ")
            if index is not None and index in alignment.kept:
                parts += self._leftovers(place, index + 1, alignment)
        closing = self.text[place.entries[-1].end : place.end]
        yield Splice(place.start, place.end, "".join([*parts, _without_comma(closing) if has_comma else closing]))

    def _piece(self, place: CollectionPlace, item: Entry, index: int | None) -> str:
        """The entry as it stands there. index: of the old one that it is."""
        if index is None:
            return ("" if item.word is None else f"{scalar_text(item.word)}: ") + inline_text(item.value)
        entry = place.entries[index]
        changes = [
            Splice(start - entry.start, end - entry.start, text) for start, end, text in self._entry(entry, place, item)
        ]
        return spliced(self.text[entry.start : entry.end], changes)

    def _gap(self, place: CollectionPlace, index: int) -> str:
        """What stands between an entry and the next one; nothing behind the last."""
        following = place.entries[index + 1 : index + 2]
        return self.text[place.entries[index].end : following[0].start] if following else ""

    def _leftovers(self, place: CollectionPlace, index: int, alignment: Alignment) -> Iterator[str]:
        """The line ends and comments behind entries that go, from that one to the next that stays."""
        while index < len(place.entries) and index not in alignment.kept:
            gap = self._gap(place, index)
            yield _without_comma(gap) if "\n" in gap else ""
            index += 1

    # ---- lines -----------------------------------------------------------------------------------------------------

    def _line_start(self, position: int) -> int:
        return self.text.rfind("\n", 0, max(position, 0)) + 1

    def _line_end(self, position: int) -> int:
        """The place of the line's end, or the text's."""
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def _on_a_new_line(self, position: int, lines: list[str]) -> str:
        block = "".join(line + self.line_end for line in lines)
        is_at_start = position == 0 or self.text[position - 1] == "\n"
        return block if is_at_start else self.line_end + block


def _without_comma(gap: str) -> str:
    """The gap without the comma in it, which stands in no comment."""
    return _COMMA.sub(r"\1", gap, count=1)


def _says_the_same(place: NodePlace, wanted: Value) -> bool:
    """Whether it says that already, in that order."""
    values = place.values
    return fingerprint(values) == fingerprint(wanted) and _order(values) == _order(wanted)


def _order(value: Value) -> list[object]:
    """The words of mappings as they stand; only among scores does it say something, and it is kept everywhere."""
    if isinstance(value, dict):
        return [word_or_inner for word, inner in value.items() for word_or_inner in (word, _order(inner))]
    return [_order(inner) for inner in value] if isinstance(value, list) else []


def _is_like(place: CollectionPlace, wanted: Value) -> bool:
    """Whether some of its entries may go on in what is wanted."""
    return bool(place.entries) and bool(wanted) and isinstance(wanted, dict if place.is_mapping else list)


def _document_lines(wanted: Value) -> list[str]:
    lines: list[str] = []
    for word, value in wanted.items():
        entry = entry_lines(word, value, 0)
        is_apart = bool(lines) and (len(entry) > 1 or lines[-1].startswith(" "))
        lines += [*([""] if is_apart else []), *entry]
    return lines
