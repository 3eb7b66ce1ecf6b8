"""Any edit of any model: the text says what the edit makes of it, and no line changes that it does not concern."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from streamprocessor.contract.model_file.editing.edits import Edit, Move, Remove, Rename, SetValue
from streamprocessor.contract.model_file.editing.model_text import edited, model_values
from streamprocessor.contract.model_file.editing.operations import apply_edit
from streamprocessor.contract.model_file.editing.source import CollectionPlace, EntryPlace, place_of
from streamprocessor.contract.model_file.editing.values import EditError, fingerprint

TEXTS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted(Path("deploy").glob("**/*.yaml"))
    if path.parts[1] in ("models", "scoring.yaml")
}
NESTED = """\
# The head.
a: {b: [1, 2, {c: "x"}],  # first
    d: 'it''s', # second
    e: {}}
list:
- one   # of the list
-   - x
    - y: 1
      z: 2

- "#no comment"
empty:
text: |
  two
  lines

last: {f: 3.50, g: [],}
"""
TEXTS["nested"] = NESTED
TEXTS["with other line ends"] = TEXTS["scoring"].replace("\n", "\r\n")
TEXTS["without an end"] = TEXTS["engagement"].rstrip("\n")

scalars = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["30d", "50%", "null", "3", "a: b", "- x", "#", "x #y", "Ünï", "a,b", "on"]),
    st.integers(-100, 100),
    st.floats(-1e6, 1e6),
    st.booleans(),
    st.none(),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all that it says."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for part, one in inner for each in paths(one, (*path, part)))]


@st.composite
def edits(draw: st.DrawFn, text: str) -> Edit:
    said = model_values(text)
    path = draw(st.sampled_from(paths(said)[1:] or [("new",)]))
    kind = draw(st.sampled_from(["set", "remove", "add", "rename", "move"]))
    if kind == "set":
        return SetValue(path, draw(values))
    if kind == "remove":
        return Remove(path)
    if kind == "rename":
        return Rename(path, draw(st.text(min_size=1, max_size=6)))
    if kind == "move":
        return Move(
            path, draw(st.sampled_from([None, *(each[-1] for each in paths(said) if each[:-1] == path[:-1] and each)]))
        )
    return SetValue((*path[:-1], draw(st.text(min_size=1, max_size=6))), draw(values))


@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
@settings(max_examples=30)
def test_the_text_says_what_edits_make_of_the_values_and_other_lines_stay(name: str, data: st.DataObject) -> None:
    text = TEXTS[name]
    for _ in range(2):
        edit = data.draw(edits(text))
        try:
            wanted = apply_edit(model_values(text), edit)
        except EditError:
            continue
        note(f"{edit}\n{text}")
        after = edited(text, [edit])
        note(after)
        assert fingerprint(model_values(after)) == fingerprint(wanted)
        if isinstance(edit, SetValue | Remove):
            check_other_lines(text, after, edit.path)
        text = after


def check_other_lines(before: str, after: str, path: tuple[str | int, ...]) -> None:
    """All lines stay, in their order, but those of what the path leads to; blank lines beside them may come and go."""
    # What follows the first word beside a dash comes beside it when that is removed.
    old, new = ([line.lstrip(" -") for line in text.splitlines()] for text in (before, after))
    first, last = touched_lines(before, path)
    head = old[:first]
    while head and not head[-1].strip():
        head.pop()
    tail = old[last + 1 :]
    while tail and not tail[0].strip():
        tail.pop(0)
    assert new[: len(head)] == head
    assert not tail or new[-len(tail) :] == tail


def touched_lines(text: str, path: tuple[str | int, ...]) -> tuple[int, int]:
    """The first and the last line, from 0, of what the path leads to; of a new one, of what it comes into."""
    node: Any = place_of(text)
    entry: EntryPlace | None = None
    for part in path:
        if not isinstance(node, CollectionPlace):
            break
        inner = next((each for at, each in enumerate(node.entries) if part in (at, each.word)), None)
        if inner is None or len(node.entries) == 1:
            break
        entry, node = inner, inner.node
    start = 0 if entry is None else entry.start
    end = len(text) if entry is None else entry.end
    return text.count("\n", 0, start), text.count("\n", 0, end)
